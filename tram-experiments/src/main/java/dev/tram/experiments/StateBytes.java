package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.function.IOFunction;

/** A saved state as a message between machines: the bytes of a safetensors file. */
public final class StateBytes {

    /** As large as an array can be on every Java machine. */
    private static final long MOST = Integer.MAX_VALUE - 8L;

    private StateBytes() {}

    /** Reads a state; refuses one that is too large for a message. */
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

    /** Writes a state to a file, which is deleted after its use. */
    public static <T> T inFile(byte[] state, IOFunction<Path, T> use) throws IOException {
        Path file = Files.createTempFile("tram-state", ".safetensors");
        try {
            Files.write(file, state);
            return use.apply(file);
        } finally {
            Files.delete(file);
        }
    }
}
