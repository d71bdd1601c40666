package dev.tram.examples.experiment;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A saved state as a message between machines: the bytes of a safetensors file. */
public final class StateBytes {

    /** As large as an array can be on every Java machine. */
    private static final long MOST = Integer.MAX_VALUE - 8L;

    private StateBytes() {}

    /** What is done with a file. */
    @FunctionalInterface
    public interface Use<T> {

        /**
         * Does it.
         *
         * @param file the state's file, which is deleted afterwards
         * @return what comes of it
         * @throws IOException if a file cannot be read or written
         */
        T of(Path file) throws IOException;
    }

    /**
     * Reads a state.
     *
     * @param file the file
     * @return its bytes
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is too large for a message
     */
    public static byte[] read(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MOST) {
            throw Arguments.rejected(
                    "the state of a run of several workers",
                    "at most "
                            + MOST
                            + " bytes, weights and moments together (adapters have a small one)",
                    size + " bytes");
        }
        return Files.readAllBytes(file);
    }

    /**
     * Writes a state to a file for a while.
     *
     * @param <T> what comes of it
     * @param state the bytes
     * @param use what is done with the file
     * @return what comes of it
     * @throws IOException if a file cannot be read or written
     */
    public static <T> T inFile(byte[] state, Use<T> use) throws IOException {
        Path file = Files.createTempFile("tram-state", ".safetensors");
        try {
            Files.write(file, state);
            return use.of(file);
        } finally {
            Files.delete(file);
        }
    }
}
