package dev.tram.experiments;

import dev.tram.djl.TramOptimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.commons.io.file.PathUtils;
import org.apache.commons.io.function.IOConsumer;

/**
 * The saved states of a run under way, STEP.safetensors each. A new one is complete before the old
 * one is deleted, so that a killed run always finds one.
 */
record Savepoints(Path directory) {

    private static final String SUFFIX = ".safetensors";

    /** Writes the state after a step and deletes earlier ones. */
    void save(int step, IOConsumer<Path> state) throws IOException {
        Files.createDirectories(directory);
        List<Integer> earlier = steps();
        state.accept(file(step));
        for (int old : earlier) {
            if (old != step) {
                Files.deleteIfExists(file(old));
            }
        }
    }

    /** Loads the latest state and returns the step after which it was saved, 0 if there is none. */
    int load(TramOptimizer optimizer) throws IOException {
        Optional<Integer> latest = latestStep();
        if (latest.isPresent()) {
            optimizer.load(file(latest.get()));
        }
        return latest.orElse(0);
    }

    /** Returns the file of the latest state, if there is one. */
    Optional<Path> latest() throws IOException {
        return latestStep().map(this::file);
    }

    Optional<Integer> latestStep() throws IOException {
        List<Integer> steps = steps();
        return steps.isEmpty() ? Optional.empty() : Optional.of(steps.get(steps.size() - 1));
    }

    /** Deletes all states, when the run is finished. */
    void delete() throws IOException {
        FileUtils.deleteDirectory(directory.toFile());
        Path parent = directory.getParent();
        if (Files.isDirectory(parent) && PathUtils.isEmptyDirectory(parent)) {
            Files.delete(parent);
        }
    }

    private Path file(int step) {
        return directory.resolve(step + SUFFIX);
    }

    private List<Integer> steps() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("\\d{1,9}\\" + SUFFIX))
                    .map(name -> Integer.valueOf(name.substring(0, name.indexOf('.'))))
                    .sorted(Comparator.naturalOrder())
                    .toList();
        }
    }
}
