package dev.tram.examples.experiment;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** A small model that is trained on first use and kept in the cache. */
public interface Pretrained {

    /**
     * Returns a name for the model that determines its weights.
     *
     * @return its key in the cache
     */
    String key();

    /**
     * Returns how long the training is.
     *
     * @return the number of updates
     */
    int steps();

    /**
     * Trains the model, unless the cache has it.
     *
     * @param cache the cache
     * @param progress whom to tell
     * @return its Hugging Face directory
     * @throws IOException if a file cannot be read or written
     */
    Path model(ModelCache cache, Progress progress) throws IOException;

    /**
     * Trains the model, unless the cache has it.
     *
     * @param cache the cache
     * @param out where progress is printed
     * @return its Hugging Face directory
     * @throws IOException if a file cannot be read or written
     */
    default Path model(ModelCache cache, PrintStream out) throws IOException {
        int left = cache.contains(key()) ? 0 : steps();
        try (Progress progress = Progress.on(out, "pretraining", left)) {
            return model(cache, progress);
        }
    }
}
