package dev.tram.experiments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.file.PathUtils;

/**
 * A folder of this machine, or one that machines share. Savepoints lie in it as runs write them.
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

    @Override
    public void pull(Path path) {
        // It is there.
    }

    @Override
    public void push(Path path) {
        // It is there.
    }

    @Override
    public void agree(Path file) {
        // Who wrote it held a lock.
    }

    @Override
    public void save(Path checkpoint, int step, List<Path> besides) {
        // The run has done it.
    }

    @Override
    public void restore(Path checkpoint) {
        // It is there.
    }

    @Override
    public void forget(Path checkpoint) {
        // The run does it.
    }

    @Override
    public void tidy() {
        // The runs have done it.
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
