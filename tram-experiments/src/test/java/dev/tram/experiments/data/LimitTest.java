package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tram.djl.internal.files.MalformedFileException;
import dev.tram.djl.transformers.dataset.ImageDecoder.Remark;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferUShort;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What files may ask for. */
class LimitTest {

    @TempDir private Path directory;

    @AfterEach
    void reset() {
        for (Limit limit : Limit.values()) {
            System.clearProperty("tram.limit." + limit);
        }
    }

    private static RowCensus read(Path file) throws IOException {
        return RowCensus.of(RowSource.of(file), row -> row.text("review"), text -> {});
    }

    private static String longText(int length) {
        return "x".repeat(length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.csv", "a.tsv", "a.jsonl"})
    void aLineThatIsTooLongEndsTheReading(String name) throws IOException {
        Path file = directory.resolve(name);
        String head = name.endsWith("jsonl") ? "{\"review\": \"a\"}\n" : "review\na\n";
        Files.writeString(file, head + longText((1 << 24) + 1));
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the lines of %s must be at most 16,777,216 characters (--limit line=N sets"
                                + " that), received: a longer one, line %d",
                        file, head.lines().count() + 1);
    }

    /** Lines that end in a carriage return alone are lines. */
    @Test
    void everyLineBreakEndsALine() throws IOException {
        Limit.LINE.set(10);
        for (String end : List.of("\n", "\r\n", "\r")) {
            Path file =
                    Files.writeString(
                            directory.resolve("a.csv"),
                            "review" + end + ("12345678" + end).repeat(9));
            assertThat(read(file).rows()).isEqualTo(9);
        }
    }

    @Test
    void aTextThatIsTooLongIsAMalformedRow() throws IOException {
        StringBuilder table = new StringBuilder("review\n");
        for (int row = 0; row < 200; row++) {
            table.append("text ").append(row).append('\n');
        }
        Path file =
                Files.writeString(
                        directory.resolve("a.csv"), table + longText((1 << 20) + 1) + "\nlast\n");
        RowCensus census = read(file);
        assertThat(census.rows()).isEqualTo(202);
        assertThat(census.malformed()).isEqualTo(1);
        assertThat(census.first())
                .containsExactly(
                        file
                                + ":202: column review has 1,048,577 characters, expected at most"
                                + " 1,048,576 (--limit text=N sets that)");
        Limit.TEXT.set(2_000_000);
        assertThat(read(file).malformed()).isZero();
        assertThat(Limit.changed()).containsExactly("text=2000000");
    }

    @Test
    void gzipThatUnfoldsTooFarEndsTheReading() throws IOException {
        Path file = directory.resolve("a.csv.gz");
        byte[] blank = (" ".repeat(1023) + "\n").repeat(1024).getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("review\na\n".getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < 66; i++) {
                out.write(blank);
            }
        }
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        file
                                + " must be at most 200 times its size when unpacked (--limit ratio=N");
        Limit.RATIO.set(2_000);
        assertThat(read(file).rows()).isEqualTo(1);
    }

    private static byte[] packed(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    /** As many as end the process where each is read within the one before. */
    @Test
    void aGzipFileMayHaveManyEmptyMembers() throws IOException {
        Path file = directory.resolve("a.csv.gz");
        byte[] empty = packed("");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            out.write(packed("review\na\n"));
            for (int i = 0; i < 100_000; i++) {
                out.write(empty);
            }
            out.write(packed("b\n"));
        }
        assertThat(read(file).rows()).isEqualTo(2);
    }

    @Test
    void whatFollowsInAGzipFileIsNotLeftOutInSilence() throws IOException {
        Path file = Files.write(directory.resolve("a.csv.gz"), packed("review\na\n"));
        Files.writeString(file, "b", StandardOpenOption.APPEND);
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(file + " must be whole, received: ");
    }

    /** The name of the packed file is read byte by byte. */
    @Test
    @Timeout(10)
    void aGzipFileMayHaveALongName() throws IOException {
        Path file = directory.resolve("a.csv.gz");
        byte[] whole = packed("review\na\n");
        whole[3] = 8;
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(whole, 0, 10);
            out.write("n".repeat(10_000_000).getBytes(StandardCharsets.UTF_8));
            out.write(0);
            out.write(whole, 10, whole.length - 10);
        }
        assertThat(read(file).rows()).isEqualTo(1);
    }

    @Test
    void aGzipFileOfTooManyMembersEndsTheReading() throws IOException {
        Path file = directory.resolve("a.csv.gz");
        byte[] one = packed("review\n");
        byte[] whole = new byte[3 * one.length];
        for (int i = 0; i < 3; i++) {
            System.arraycopy(one, 0, whole, i * one.length, one.length);
        }
        Files.write(file, whole);
        Limit.MEMBERS.set(2);
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        file
                                + " must be at most 2 gzip files one behind the other (--limit"
                                + " members=N sets that), received: more");
        Limit.MEMBERS.set(3);
        assertThat(read(file).rows()).isEqualTo(2);
    }

    /** A quoted cell may hold any number of separators, over several lines. */
    @Test
    void aRowOfTooManyCellsIsMalformedAndSpoilsNoOther() throws IOException {
        Limit.CELLS.set(4);
        Path file =
                Files.writeString(
                        directory.resolve("a.csv"),
                        "review,b\n"
                                + "a,b\n".repeat(400)
                                + "\"one,,\"\",,\n,,,,\",b\n"
                                + "c,,,,\n"
                                + "\"c\n\"\"d\",,,,\n"
                                + "last,b\n");
        RowCensus census = read(file);
        assertThat(census.rows()).isEqualTo(405);
        assertThat(census.first())
                .containsExactly(
                        file + ":404: more than 4 cells (--limit cells=N sets that)",
                        file + ":405: more than 4 cells (--limit cells=N sets that)",
                        file + ":406: more than 4 cells (--limit cells=N sets that)");
    }

    @Test
    void aTableOfTooManyColumnsIsRefused() throws IOException {
        Limit.CELLS.set(4);
        Path file = Files.writeString(directory.resolve("a.csv"), "a,b,c,d,e\n1,2,3,4,5\n");
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + ":1: more than 4 cells (--limit cells=N sets that)");
    }

    /** Two tokens for the braces, and two for the name and the value. */
    @Test
    void aLineOfJsonWithTooManyValuesIsMalformed() throws IOException {
        Limit.CELLS.set(4);
        Path file =
                Files.writeString(
                        directory.resolve("a.jsonl"),
                        "{\"review\": 1}\n".repeat(99) + "{\"review\": [1]}\n");
        assertThat(read(file).first())
                .singleElement()
                .asString()
                .startsWith(file + ":100: more than 4 names, values and brackets (--limit cells=N");
    }

    @Test
    void manyColumnsAreNotAllNamed() throws IOException {
        StringBuilder names = new StringBuilder("a0");
        for (int i = 1; i < 23; i++) {
            names.append(",a").append(i);
        }
        Path file = Files.writeString(directory.resolve("a.csv"), names + "\n" + names + "\n");
        assertThatThrownBy(() -> read(file))
                .hasMessageContaining("there are [a0, a1, ")
                .hasMessageContaining("a19 and 3 more]");
    }

    private static byte[] png(BufferedImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    /** The pixels that are kept are the file's: every second row and column. */
    @Test
    void ofALargeImageSomePixelsAreRead() throws IOException {
        BufferedImage image = new BufferedImage(10_001, 7_000, BufferedImage.TYPE_BYTE_BINARY);
        image.setRGB(4_000, 6_000, 0xFFFFFF);
        image.setRGB(4_001, 6_001, 0xFFFFFF);
        List<Remark> remarks = new ArrayList<>();
        BufferedImage read = ImageFiles.decode(png(image), remarks::add);
        assertThat(remarks).containsExactly(Remark.SUBSAMPLED);
        assertThat(read.getWidth()).isEqualTo(5_001);
        assertThat(read.getHeight()).isEqualTo(3_500);
        assertThat(read.getRGB(2_000, 3_000)).isEqualTo(0xFFFFFFFF);
        assertThat(read.getRGB(2_001, 3_000)).isEqualTo(0xFF000000);
    }

    @Test
    void imagesThatWouldTakeTooMuchMemoryAreRefusedBySize() throws IOException {
        Limit.IMAGE.set(100);
        byte[] image = png(new BufferedImage(10, 8, BufferedImage.TYPE_INT_RGB));
        assertThatThrownBy(() -> ImageFiles.decode(image, remark -> {}))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "10 x 8 pixels of 240 bytes, expected at most 100 (--limit image=N sets that)");
    }

    /** A packed text, which nobody asked for, is not unpacked: two gigabytes would be. */
    @ParameterizedTest
    @ValueSource(strings = {"zTXt", "iTXt"})
    @Timeout(5)
    void packedTextsOfAnImageAreNotUnfolded(String type) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.write(type.equals("zTXt") ? new byte[] {'x', 0, 0} : new byte[] {'x', 0, 1, 0, 0, 0});
        try (OutputStream packed = new DeflaterOutputStream(text)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 256; i++) {
                packed.write(zeros);
            }
        }
        byte[] image = png(new BufferedImage(4, 2, BufferedImage.TYPE_INT_RGB));
        int texts = 16;
        ByteBuffer whole = ByteBuffer.allocate(image.length + texts * (text.size() + 12));
        whole.put(image, 0, 33);
        for (int i = 0; i < texts; i++) {
            byte[] chunk =
                    (type + text.toString(StandardCharsets.ISO_8859_1))
                            .getBytes(StandardCharsets.ISO_8859_1);
            CRC32 checksum = new CRC32();
            checksum.update(chunk);
            whole.putInt(text.size()).put(chunk).putInt((int) checksum.getValue());
        }
        whole.put(image, 33, image.length - 33);
        assertThat(ImageFiles.decode(whole.array(), remark -> {}).getWidth()).isEqualTo(4);
    }

    @Test
    void anImageMayHaveManyTexts() throws IOException {
        byte[] image = png(new BufferedImage(4, 2, BufferedImage.TYPE_INT_RGB));
        int texts = 1_000;
        ByteBuffer whole = ByteBuffer.allocate(image.length + texts * 15);
        whole.put(image, 0, 33);
        CRC32 checksum = new CRC32();
        checksum.update("tEXta\0b".getBytes(StandardCharsets.ISO_8859_1));
        for (int i = 0; i < texts; i++) {
            whole.putInt(3).put("tEXta\0b".getBytes(StandardCharsets.ISO_8859_1));
            whole.putInt((int) checksum.getValue());
        }
        whole.put(image, 33, image.length - 33);
        assertThat(ImageFiles.decode(whole.array(), remark -> {}).getWidth()).isEqualTo(4);
    }

    /** Comments, which nobody asked for, are passed over. */
    @Test
    @Timeout(10)
    void aGifMayHaveLongComments() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(4, 2, BufferedImage.TYPE_BYTE_BINARY), "gif", bytes);
        byte[] image = bytes.toByteArray();
        int head = 13 + 3 * (2 << (image[10] & 7));
        int blocks = 200_000;
        ByteBuffer whole = ByteBuffer.allocate(image.length + blocks * 256 + 3);
        whole.put(image, 0, head).put((byte) 0x21).put((byte) 0xFE);
        byte[] block = "c".repeat(256).getBytes(StandardCharsets.ISO_8859_1);
        block[0] = (byte) 255;
        for (int i = 0; i < blocks; i++) {
            whole.put(block);
        }
        whole.put((byte) 0).put(image, head, image.length - head);
        assertThat(ImageFiles.decode(whole.array(), remark -> {}).getWidth()).isEqualTo(4);
    }

    @Test
    void anImageWithALongSideIsRefused() throws IOException {
        byte[] image = png(new BufferedImage(1, (1 << 17) + 1, BufferedImage.TYPE_BYTE_BINARY));
        assertThatThrownBy(() -> ImageFiles.decode(image, remark -> {}))
                .isInstanceOf(IOException.class)
                .hasMessage("1 x 131073 pixels, expected at most 131,072 on a side");
    }

    @Test
    void greyOfSixteenBitsThatBecomesWhiteIsTold() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        short[] values = ((DataBufferUShort) image.getRaster().getDataBuffer()).getData();
        values[0] = 200;
        List<Remark> remarks = new ArrayList<>();
        assertThat(ImageFiles.decode(png(image), remarks::add).getRGB(0, 0) & 0xFF).isEqualTo(200);
        assertThat(remarks).isEmpty();
        values[1] = 256;
        assertThat(ImageFiles.decode(png(image), remarks::add).getRGB(1, 0) & 0xFF).isEqualTo(255);
        assertThat(remarks).containsExactly(Remark.CLIPPED);
    }

    /** Three gigabytes, of which the disk holds nothing. */
    @Test
    void aFileThatIsTooLargeIsNotRead() throws IOException {
        Path file = directory.resolve("train/cat/a.png");
        Files.createDirectories(file.getParent());
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(3L << 30);
        }
        String reason =
                "3,221,225,472 bytes, expected at most 268,435,456 (--limit file=N sets that)";
        assertThatThrownBy(() -> ImageFiles.read(file)).hasMessage(reason);
        ImageFolder folder = ImageFolder.read(directory.resolve("train"));
        assertThatThrownBy(() -> RowCensus.of(folder.rows(), row -> row, row -> {}))
                .hasMessageContaining(file + ": " + reason);
    }

    @DisabledOnOs(OS.WINDOWS)
    @ParameterizedTest
    @ValueSource(strings = {"a.csv", "a.jsonl.gz", "a.parquet", "a.txt", "a.png", "a.bin"})
    void nobodyWaitsForAPipe(String name) throws Exception {
        Path pipe = directory.resolve(name);
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        assertThatThrownBy(
                        () -> {
                            switch (name) {
                                case "a.txt" -> RowSource.lines(pipe).open();
                                case "a.png" -> ImageFiles.read(pipe);
                                case "a.bin" -> ImageRows.cifar100(pipe).open();
                                default -> RowSource.of(pipe).open();
                            }
                        })
                .isInstanceOf(MalformedFileException.class)
                .hasMessage(pipe + " must be a file");
    }

    @Test
    void aLimitIsPositive() {
        assertThatThrownBy(() -> Limit.PAGE.set(0))
                .hasMessage("--limit page must be a number of at least 1, received: 0");
        assertThat(Limit.PAGE.value()).isPositive();
        System.setProperty("tram.limit.page", "many");
        assertThatThrownBy(Limit.PAGE::value).hasMessageEndingWith("received: many");
    }
}
