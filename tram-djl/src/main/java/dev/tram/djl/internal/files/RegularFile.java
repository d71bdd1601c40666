package dev.tram.djl.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Refuses what cannot be read like a file: directories, devices, pipes that nobody writes to. */
public final class RegularFile {

    private RegularFile() {}

    /**
     * Requires that a path, if there is anything, is a file or a link to one.
     *
     * @param path the path
     * @return the path
     * @throws IOException if it is something else
     */
    public static Path require(Path path) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new MalformedFileException(path + " must be a file");
        }
        return path;
    }
}
