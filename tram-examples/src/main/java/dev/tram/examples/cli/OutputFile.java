package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The check of an option that names a file to be written, before the work whose result it gets. */
final class OutputFile {

    private OutputFile() {}

    /**
     * Checks that a file can be written, in a directory that is made if it is absent.
     *
     * @throws IllegalArgumentException if it cannot
     */
    static void prepare(String option, Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw rejected(option, file);
        }
        check(option, file);
    }

    /**
     * Checks that a file can be written.
     *
     * @throws IllegalArgumentException if it is a directory, or its directory is absent or cannot
     *     be written
     */
    static void check(String option, Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)
                || folder == null
                || !Files.isDirectory(folder)
                || !OutputDirectory.canBeWritten(folder)) {
            throw rejected(option, file);
        }
    }

    private static IllegalArgumentException rejected(String option, Path file) {
        return Arguments.rejected(option, "a file in a directory that can be written", file);
    }
}
