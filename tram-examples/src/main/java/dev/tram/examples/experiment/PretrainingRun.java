package dev.tram.examples.experiment;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The training of a model for the cache. It is saved now and then, so that it goes on where a
 * killed one was saved last.
 *
 * @param task what is trained
 * @param config how it is trained: by its only method, with seed 0
 */
public record PretrainingRun(Task task, ExperimentConfig config) {

    private static final int SAVINGS = 10;
    private static final int LONGEST_UNSAVED = 100;

    /**
     * Trains the model.
     *
     * @param directory where all files of the run go, and where those of a killed one lie
     * @param progress whom to tell
     * @return the model's Hugging Face directory
     * @throws IOException if a file cannot be read or written
     */
    public Path execute(Path directory, Progress progress) throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory);
        RunKey key = new RunKey(config.methods().get(0), 0);
        int every = Math.min(LONGEST_UNSAVED, Math.max(1, config.protocol().steps() / SAVINGS));
        new Run(task, config.withSaveEvery(every), files, key, progress).execute();
        return files.model(key);
    }
}
