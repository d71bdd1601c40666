package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentDirectoryTest {

    @TempDir private Path directory;

    @Test
    void theBeginningIsWrittenOnce() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("new"));
        ExperimentConfig config = TinyTask.config(List.of("adam"), 1, Protocol.of(5, 4, 0.1f));
        assertThat(files.begin(config, "tram vit --steps 5")).isEqualTo("tram vit --steps 5");
        FileTime earlier = FileTime.fromMillis(1000);
        Files.setLastModifiedTime(files.config(), earlier);
        assertThat(files.begin(config, "tram vit --resume new")).isEqualTo("tram vit --steps 5");
        assertThat(Files.getLastModifiedTime(files.config())).isEqualTo(earlier);
        assertThat(Json.read(files.config(), ExperimentConfig.class)).isEqualTo(config);
        String many =
                Files.readString(files.config()).replace("\"seeds\" : 1", "\"seeds\" : 20000");
        Files.writeString(files.config(), many);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Json.read(files.config(), ExperimentConfig.class))
                .withMessage(
                        files.config() + ": seeds must be an integer <= 10000, received: 20000");
    }

    /** Three gigabytes, of which the disk holds nothing, and bytes that are no text. */
    @Test
    void anotherCommandTextIsRefused() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory);
        Files.writeString(files.config(), "{}");
        Path command = directory.resolve("command.txt");
        Files.write(command, new byte[] {(byte) 0xFF});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> files.begin(null, ""))
                .withMessage(command + " must be text in UTF-8");
        try (RandomAccessFile sparse = new RandomAccessFile(command.toFile(), "rw")) {
            sparse.setLength(3L << 30);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> files.begin(null, ""))
                .withMessage(command + " has 3,221,225,472 bytes, expected at most 67,108,864");
    }
}
