package dev.tram.djl.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class JsonFileTest {

    @TempDir Path directory;

    @AfterEach
    void usualLimit() {
        System.clearProperty("tram.limit.json");
    }

    private Path file(String json) throws IOException {
        return Files.writeString(directory.resolve("file.json"), json);
    }

    @Test
    void refusesALongFileUnread() throws IOException {
        Path file = directory.resolve("file.json");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(10L << 30);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonFile.read(file))
                .withMessage(
                        file
                                + " has 10,737,418,240 bytes, expected at most 33,554,432"
                                + " (-Dtram.limit.json=N sets that)");
    }

    @Test
    void refusesManyAndDeepParts() throws IOException {
        Limit.JSON.set(1_000);
        Path many = file("[" + "1,".repeat(200) + "1]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonFile.read(many))
                .withMessageContaining(many + " asks for too much (-Dtram.limit.json=N)");
        Limit.JSON.set(10_000);
        assertThat(JsonFile.read(many)).hasSize(201);
        Path deep = file("[".repeat(2_000));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonFile.read(deep))
                .withMessageContaining("asks for too much");
    }

    @Test
    void refusesWhatFollowsTheJson() throws IOException {
        Path file = file("{\"a\": 1} {\"a\": 2}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonFile.read(file))
                .withMessageStartingWith(file + " is no JSON: ");
    }

    /** Java's table of interned texts has a list for each hash: it took minutes to fill one. */
    @Test
    @Timeout(20)
    void readsManyNamesOfTheSameHash() throws IOException {
        StringBuilder json = new StringBuilder("{\"a\": 0");
        for (int i = 0; i < 1 << 18; i++) {
            json.append(", \"");
            for (int bit = 0; bit < 18; bit++) {
                json.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            json.append("\": 0");
        }
        assertThat(JsonFile.read(file(json + "}"))).hasSize((1 << 18) + 1);
    }

    @Test
    void refusesWhatIsNoFile() {
        assertThatIOException()
                .isThrownBy(() -> JsonFile.read(directory))
                .isInstanceOf(MalformedFileException.class)
                .withMessageContaining(directory + " must be a file");
    }

    @Test
    void aLimitIsANumber() {
        System.setProperty("tram.limit.json", "much");
        assertThatIllegalArgumentException()
                .isThrownBy(Limit.JSON::value)
                .withMessage("tram.limit.json must be a number of at least 1, received: much");
    }
}
