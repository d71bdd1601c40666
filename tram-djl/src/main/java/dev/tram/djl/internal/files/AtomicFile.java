package dev.tram.djl.internal.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Files that exist whole or not at all: they are written as {@code NAME.incomplete} and moved to
 * their place, where they replace an older file. What a killed process left is overwritten. Where
 * several processes write one file, {@link LockedFile} keeps them apart.
 */
public final class AtomicFile {

    private AtomicFile() {}

    /** What a file is to hold. */
    @FunctionalInterface
    public interface Content {

        /**
         * Writes it.
         *
         * @param file the file under its name for the time being
         * @throws IOException if it cannot be written
         */
        void writeTo(Path file) throws IOException;
    }

    /**
     * Writes a file.
     *
     * @param file the file, in a folder that exists
     * @param content what it is to hold
     * @throws IOException if it cannot be written; an older file is as it was
     */
    public static void write(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        Path incomplete = target.resolveSibling(target.getFileName() + ".incomplete");
        try {
            content.writeTo(incomplete);
            Files.move(
                    incomplete,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(incomplete);
        }
    }

    /**
     * Writes a text in UTF-8.
     *
     * @param file the file, in a folder that exists
     * @param text the text
     * @throws IOException if it cannot be written; an older file is as it was
     */
    public static void write(Path file, String text) throws IOException {
        write(file, incomplete -> Files.writeString(incomplete, text, StandardCharsets.UTF_8));
    }
}
