package dev.tram.examples.classification;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tells that a file is still the same one. */
final class FileIdentity {

    private FileIdentity() {}

    /** Returns the file's name, size and time of change. */
    static String of(Path file) {
        try {
            return file.toAbsolutePath()
                    + " "
                    + Files.size(file)
                    + " "
                    + Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
