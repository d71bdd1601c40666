package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the resources are written by Apache Arrow. */
class ParquetRowsTest {

    private static List<Row> rows(Path file) throws IOException {
        List<Row> rows = new ArrayList<>();
        RowCensus.of(RowSource.of(file), row -> row, rows::add);
        return rows;
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(ParquetRowsTest.class.getResource(name)).toURI());
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "snappy", "gzip", "zstd", "lz4"})
    void readsTextColumnsOverSeveralRowGroups(String codec) throws Exception {
        List<Row> rows = rows(resource("text-" + codec + ".parquet"));
        assertThat(rows.stream().map(row -> row.values().get("text")))
                .containsExactly(
                        "plain",
                        "a \"quoted\" word",
                        "two\nlines",
                        "Grüße, Ωμέγα, 中文, 🙂",
                        null,
                        "last");
        assertThat(rows.stream().map(Row::line)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(rows.get(5).values())
                .isEqualTo(Map.of("text", "last", "label", 2L, "score", 4.5f, "good", false));
        assertThat(rows.get(1).values()).doesNotContainKey("score");
        assertThat(rows.get(1).text("label")).isEqualTo("1");
        assertThatThrownBy(() -> rows.get(4).text("text"))
                .isInstanceOf(MalformedRowException.class)
                .hasMessageContaining(".parquet:5: column text is missing");
    }

    @Test
    void readsImagesInStructs() throws Exception {
        List<Row> rows = rows(resource("images.parquet"));
        assertThat(rows).hasSize(2);
        int[] colours = {0xFFFF0000, 0xFF0000FF};
        for (int i = 0; i < 2; i++) {
            Map<?, ?> image = (Map<?, ?>) rows.get(i).value("img");
            assertThat(image.get("path")).isEqualTo(i + ".png");
            BufferedImage pixels =
                    ImageIO.read(new ByteArrayInputStream((byte[]) image.get("bytes")));
            assertThat(pixels.getRGB(1, 1)).isEqualTo(colours[i]);
        }
    }

    /** Text without its annotation or with another one, decimals and unsigned numbers. */
    @Test
    void valuesAreWhatTheirTypesSay() throws Exception {
        List<Row> rows = rows(resource("types.parquet"));
        Map<String, String> first = new HashMap<>();
        for (String column : rows.get(0).values().keySet()) {
            try {
                first.put(column, rows.get(0).text(column));
            } catch (MalformedRowException e) {
                first.put(column, e.getMessage().replaceAll(".*: ", ""));
            }
        }
        assertThat(first)
                .isEqualTo(
                        Map.of(
                                "raw", "Grüße",
                                "json", "{\"a\": 1}",
                                "large", "c",
                                "category", "ham",
                                "decimal", "1.5",
                                "unsigned", "4294967295",
                                "huge", "18446744073709551615",
                                "whole", "1",
                                "uuid", "column uuid holds no text",
                                "list", "column list holds no text"));
        assertThat(rows.get(1).text("decimal")).isEqualTo("-2");
        assertThatThrownBy(() -> rows.get(1).text("whole"))
                .hasMessageEndingWith("types.parquet:2: column whole holds NaN");
        assertThatThrownBy(() -> rows.get(1).text("raw"))
                .hasMessageEndingWith("column raw holds bytes that are not UTF-8 text");
    }

    @Test
    void whatIsNotParquetIsRefused(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("x.parquet"), "a,b\n".repeat(10));
        assertThatThrownBy(() -> rows(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("x.parquet must be a whole Parquet file");
    }

    /** Apache Arrow's file, cut off and with bytes changed in a column and in the footer. */
    @Test
    void damagedFilesAreNamed(@TempDir Path directory) throws Exception {
        byte[] whole = Files.readAllBytes(resource("text-gzip.parquet"));
        Path file = directory.resolve("damaged.parquet");
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        assertDamaged(file, "one whose end cannot be read");
        Files.write(file, flipped(whole, 40, 60));
        assertDamaged(
                file, "one that cannot be read behind row 0: invalid distance" + " too far back");
        Files.write(file, flipped(whole, whole.length - 300, whole.length - 8));
        assertDamaged(file, "one whose end cannot be read");
    }

    /** The files are written by make-hostile.py; 1 GB and more is never allocated for them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip-huge | a page of Parquet must be at most 134,217,728 bytes (--limit page=N",
                "gzip-negative | received: -5 bytes",
                "gzip-short | a page of Parquet has 31 bytes, expected 32",
                "snappy-huge | a page of Parquet must be at most 134,217,728 bytes (--limit page=N",
                "snappy-lies | a page of Parquet has 2147483647 bytes, expected 31",
                "page-negative | must not be negative",
                "encoding-unknown | 'encoding' was not present",
                "encoding-of-numbers | DELTA_BINARY_PACKED is only supported for type INT32",
                "dictionary-absent | the dictionary was missing",
                "chunk-huge | received: a column of 1099511627776 bytes from byte 4 of 219",
                "chunk-negative | received: a column of -9 bytes",
                "text-huge | newLimit",
                "text-negative | newLimit"
            })
    void whatAFileSaysOfItselfIsNotBelieved(String name, String reason) throws Exception {
        assertThat(rows(resource("hostile/whole.parquet"))).hasSize(4);
        Path file = resource("hostile/" + name + ".parquet");
        assertThatThrownBy(() -> rows(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(file + " must be a whole Parquet file, received: ")
                .hasMessageContaining(reason);
    }

    /** Structures within structures, as many as fill a thread's stack. */
    @Test
    void aFooterThatIsNestedTooDeeplyIsRefused(@TempDir Path directory) throws Exception {
        int depth = 1_000_000;
        ByteBuffer bytes = ByteBuffer.allocate(depth + 12).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put("PAR1".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < depth; i++) {
            bytes.put((byte) 0x1C);
        }
        bytes.putInt(depth).put("PAR1".getBytes(StandardCharsets.US_ASCII));
        Path file = Files.write(directory.resolve("deep.parquet"), bytes.array());
        assertDamaged(file, "one whose end is nested too deeply");
    }

    private static byte[] flipped(byte[] bytes, int begin, int end) {
        byte[] flipped = bytes.clone();
        for (int i = begin; i < end; i++) {
            flipped[i] ^= 0x5A;
        }
        return flipped;
    }

    private static void assertDamaged(Path file, String message) {
        assertThatThrownBy(() -> rows(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + " must be a whole Parquet file, received: " + message);
    }

    /** Apache Arrow's file of gzip with the number of Brotli in its footer. */
    @Test
    void anotherCompressionIsRefusedBeforeAnythingIsRead(@TempDir Path directory) throws Exception {
        String gzip =
                new String(
                        Files.readAllBytes(resource("text-gzip.parquet")),
                        StandardCharsets.ISO_8859_1);
        assertThat(gzip).contains("text\u0015\u0004");
        Path file = directory.resolve("brotli.parquet");
        Files.write(
                file,
                gzip.replace("text\u0015\u0004", "text\u0015\u0008")
                        .getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> rows(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("brotli.parquet must be among [UNCOMPRESSED, SNAPPY, GZIP,")
                .hasMessageContaining("received: BROTLI");
    }
}
