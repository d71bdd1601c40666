package dev.tram.djl.internal.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class TemporaryFilesTest {

    @TempDir private Path directory;

    @Test
    void theirPermissionsAreThoseOfAnyNewFile() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        Path folder = Files.createDirectory(directory.resolve("folder"));
        assertThat(Files.getPosixFilePermissions(TemporaryFiles.file(directory, "a", ".tmp")))
                .isEqualTo(Files.getPosixFilePermissions(file));
        assertThat(Files.getPosixFilePermissions(TemporaryFiles.directory(directory, "a")))
                .isEqualTo(Files.getPosixFilePermissions(folder));
    }
}
