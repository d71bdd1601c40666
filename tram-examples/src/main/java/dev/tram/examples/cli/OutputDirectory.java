package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.file.PathUtils;

/** The check of {@code --out}, before anything is written. */
final class OutputDirectory {

    private OutputDirectory() {}

    /**
     * Checks that files can be written to a directory and that none are there yet.
     *
     * @param root the directory, which may be absent
     * @param expected what a directory with files in it should have been
     * @throws IllegalArgumentException if it cannot be written or is not empty
     */
    static void check(Path root, String expected) throws IOException {
        if (!ExperimentStore.isLocal(root.toString())) {
            throw Arguments.rejected(
                    "--out", "a local folder (tram sweep, cell and report take URLs)", root);
        }
        Path existing = root.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing) || !canBeWritten(existing)) {
            throw Arguments.rejected("--out", "a directory that can be written", root);
        }
        if (Files.exists(root) && !PathUtils.isEmptyDirectory(root)) {
            throw Arguments.rejected("--out", expected, root);
        }
    }

    /** Tries it, since permissions alone do not tell: to root, every directory looks writable. */
    static boolean canBeWritten(Path directory) {
        try {
            Files.delete(Files.createTempFile(directory, ".tram", null));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
