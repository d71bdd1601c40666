package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import org.apache.commons.io.file.PathUtils;

/** The checks of options that name what is written, before the work whose result it gets. */
final class Output {

    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    private Output() {}

    /**
     * Returns where a command's files go, which is checked and not created yet.
     *
     * @param given what {@code --out} says; null for runs/COMMAND-DATE-TIME
     * @param expected what a directory with files in it should have been
     */
    static Path directory(Path given, String command, String expected) throws IOException {
        String stamp = STAMP.format(LocalDateTime.now(ZoneId.systemDefault()));
        Path root = Objects.requireNonNullElse(given, Path.of("runs", command + "-" + stamp));
        checkDirectory(root, expected);
        return root;
    }

    /**
     * Checks that files can be written to a directory, which may be absent, and that none are there
     * yet.
     *
     * @param expected what a directory with files in it should have been
     */
    static void checkDirectory(Path root, String expected) throws IOException {
        if (!ExperimentStore.isLocal(root.toString())) {
            throw Arguments.rejected(
                    "--out", "a local folder (tram sweep, cell and report take URLs)", root);
        }
        Path existing = root.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!canBeWritten(existing)) {
            throw Arguments.rejected("--out", "a directory that can be written", root);
        }
        if (Files.exists(root) && !PathUtils.isEmptyDirectory(root)) {
            throw Arguments.rejected("--out", expected, root);
        }
    }

    /** Checks that a file can be written, in a directory that is made if it is absent. */
    static void prepareFile(String option, Path file) {
        try {
            PathUtils.createParentDirectories(file.toAbsolutePath());
        } catch (IOException e) {
            throw rejected(option, file);
        }
        checkFile(option, file);
    }

    /** Checks that a file can be written, in a directory that is there. */
    static void checkFile(String option, Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || folder == null || !canBeWritten(folder)) {
            throw rejected(option, file);
        }
    }

    private static IllegalArgumentException rejected(String option, Path file) {
        return Arguments.rejected(option, "a file in a directory that can be written", file);
    }

    /** Tries it, since permissions alone do not tell: to root, every directory looks writable. */
    private static boolean canBeWritten(Path directory) {
        try {
            Files.delete(Files.createTempFile(directory, ".tram", null));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
