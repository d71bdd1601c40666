package dev.tram.djl.internal.files;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Reads texts of a moderate size that somebody else may have written. */
public final class TextFile {

    private static final long MOST_BYTES = 1L << 26;

    private TextFile() {}

    /**
     * Reads a file.
     *
     * @param file the file, in UTF-8
     * @return its text
     * @throws IOException if it cannot be read, or is something else than a file
     * @throws IllegalArgumentException if it is no UTF-8, or larger than 64 MiB
     */
    public static String read(Path file) throws IOException {
        long size = Files.size(RegularFile.require(file));
        if (size > MOST_BYTES) {
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "%s has %,d bytes, expected at most %,d",
                            file,
                            size,
                            MOST_BYTES));
        }
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + " must be text in UTF-8", e);
        }
    }
}
