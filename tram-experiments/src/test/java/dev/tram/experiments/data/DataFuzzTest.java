package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files of data of which some bytes are others, missing or there twice end in rows, malformed ones
 * among them, or in an exception that says what is wrong, within ten seconds. The same files in
 * each build; with {@code -Dfuzz.seconds=N} new ones for so long, and {@code -Dfuzz.seed=N} begins
 * with a round's. The file that was read last is in {@code target/fuzz}.
 */
class DataFuzzTest {

    private static final Duration LONGEST = Duration.ofSeconds(10);
    private static final int ROUNDS = 200;
    private static final Path KEPT = Path.of("target", "fuzz");

    @TempDir private Path directory;

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(DataFuzzTest.class.getResource(name)).toURI());
    }

    @ParameterizedTest
    @Timeout(3_600)
    @ValueSource(
            strings = {
                "table.csv",
                "table.tsv",
                "table.jsonl.gz",
                "text-none.parquet",
                "text-snappy.parquet",
                "text-zstd.parquet",
                "text-gzip.parquet",
                "text-lz4.parquet",
                "types.parquet",
                "images.parquet",
                "cifar.bin",
                "pixels/bits.bmp",
                "pixels/palette.bmp",
                "pixels/colours.gif",
                "pixels/second-frame.gif",
                "pixels/palette.tif",
                "pixels/cmyk.tif",
                "pixels/progressive.jpg",
                "pixels/turned6.jpg",
                "pixels/rgba16.png",
                "pixels/palette4-alpha.png",
                "pixels/xmp5.png"
            })
    void endsWithRowsOrAClearException(String name) throws Exception {
        byte[] whole = Files.readAllBytes(resource(name));
        String file = Path.of(name).getFileName().toString();
        read(Files.write(directory.resolve(file), whole));
        Files.createDirectories(KEPT);
        long seconds = Long.getLong("fuzz.seconds", 0);
        long first = Long.getLong("fuzz.seed", seconds == 0 ? 1 : System.nanoTime());
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        int refused = 0;
        int rounds = 0;
        do {
            byte[] changed = changed(whole, new Random(first + rounds));
            Files.write(KEPT.resolve(file), changed);
            Files.write(directory.resolve(file), changed);
            refused += isRefused(directory.resolve(file), "seed " + (first + rounds)) ? 1 : 0;
            rounds++;
        } while (seconds == 0 ? rounds < ROUNDS : System.nanoTime() < end);
        System.out.printf("%s: %d rounds, %d refused%n", file, rounds, refused);
        assertThat(rounds).isPositive();
    }

    private static boolean isRefused(Path file, String seed) {
        long start = System.nanoTime();
        try {
            read(file);
            return false;
        } catch (IOException | IllegalArgumentException e) {
            assertThat(e.getMessage()).as(seed).isNotBlank();
            return true;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(file + ", " + seed, e);
        } finally {
            assertThat(System.nanoTime() - start).as(seed).isLessThan(LONGEST.toNanos());
        }
    }

    private static void read(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(".bin")) {
            RowCensus.of(
                    ImageRows.cifar100(file),
                    row -> ImageRows.cifarImage((byte[]) row.value(ImageRows.PIXELS)),
                    image -> {});
        } else if (name.matches(".*\\.(bmp|gif|tif|jpg|png)")) {
            assertThat(ImageFiles.decode(Files.readAllBytes(file), remark -> {}).getWidth())
                    .isPositive();
        } else {
            RowCensus.of(RowSource.of(file), DataFuzzTest::texts, text -> {});
        }
    }

    /** The texts of a row. */
    private static String texts(Row row) throws MalformedRowException {
        StringBuilder texts = new StringBuilder();
        for (String column : row.values().keySet()) {
            if (row.value(column) instanceof String) {
                texts.append(row.text(column));
            }
        }
        return texts.toString();
    }

    /** Flips, leaves out, repeats and cuts bytes. */
    private static byte[] changed(byte[] whole, Random random) {
        byte[] file = whole.clone();
        for (int i = 0; i <= random.nextInt(4) && file.length > 1; i++) {
            int from = random.nextInt(file.length);
            int to = Math.min(file.length, from + 1 + random.nextInt(32));
            switch (random.nextInt(6)) {
                case 0 -> file[from] ^= (byte) (1 << random.nextInt(8));
                case 1 -> file[from] = (byte) random.nextInt(256);
                case 2 -> Arrays.fill(file, from, to, (byte) 0xFF);
                case 3 -> file = Arrays.copyOf(file, from);
                case 4 -> file = joined(file, from, to);
                default -> file = joined(file, to, from);
            }
        }
        return file;
    }

    /** The bytes before one place and those from another one on. */
    private static byte[] joined(byte[] file, int before, int from) {
        byte[] joined = Arrays.copyOf(file, before + file.length - from);
        System.arraycopy(file, from, joined, before, file.length - from);
        return joined;
    }
}
