package dev.tram.experiments.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tells that a file is still the same one. */
public final class FileIdentity {

    private FileIdentity() {}

    /** Returns what tells that a file is still the same one: its name, size and time of change. */
    public static String of(Path file) {
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
