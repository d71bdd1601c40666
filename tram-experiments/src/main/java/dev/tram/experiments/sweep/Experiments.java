package dev.tram.experiments.sweep;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Task;
import java.io.IOException;
import java.util.List;

/** The commands that a grid file may name, and what they run. */
public interface Experiments {

    /** Returns the commands' names, such as vit. */
    List<String> commands();

    /** Returns the long names, without dashes, of a command's options that say what is run. */
    List<String> options(String command);

    /**
     * Returns what a command line would run.
     *
     * @throws IllegalArgumentException if a value is rejected
     */
    ExperimentConfig config(String command, List<String> arguments) throws IOException;

    /** Returns what an experiment trains on, one after the other. */
    List<String> targets(ExperimentConfig config);

    /**
     * Opens the task of an experiment. The engine is loaded with as many threads as are good for
     * it.
     *
     * @param config the experiment, of one target
     * @param threads how many threads an operation may take at most
     * @throws IllegalArgumentException if its data are not what they should be, or there is no such
     *     device
     */
    Task open(ExperimentConfig config, int threads) throws IOException;
}
