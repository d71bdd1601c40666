package dev.tram.experiments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.io.file.PathUtils;

/**
 * A folder of this machine, or one that machines share. What runs write is in the store already;
 * who writes what others write, too, holds a lock.
 *
 * @param folder the folder, which may be absent
 */
record LocalStore(Path folder) implements ExperimentStore {

    @Override
    public String name(Path path) {
        return path.toString();
    }

    @Override
    public boolean isEmpty() throws IOException {
        return !Files.isDirectory(folder) || PathUtils.isEmptyDirectory(folder);
    }
}
