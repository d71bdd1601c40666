package dev.tram.examples.sweep;

import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Grid;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.experiment.Task;
import java.io.IOException;

/**
 * The unit of a sweep: one run of one experiment by one method with one seed.
 *
 * @param index its number in the grid file's order, from 0
 */
public record Cell(int index, Group group, String target, RunKey run) {

    /**
     * Returns what is run.
     *
     * @param device where, such as gpu1; empty for what the grid file says
     * @return the configuration, of one target
     */
    public ExperimentConfig config(String device) {
        ExperimentConfig config = group.config(target);
        return device.isEmpty() ? config : config.with("device", device);
    }

    /**
     * Runs the cell, unless it is as far.
     *
     * @param until up to which step, or {@link Launcher#END}
     */
    public void execute(
            Task task,
            ExperimentConfig config,
            ExperimentDirectory files,
            int until,
            Progress progress)
            throws IOException {
        Grid grid = new Grid(task, config, files);
        if (until == Launcher.END) {
            grid.run(run, progress);
        } else {
            grid.pauseAfter(until, run, progress);
        }
    }

    /** INDEX (EXPERIMENT TARGET METHOD-SEED), for people. */
    @Override
    public String toString() {
        return index + " (" + group.name() + " " + target + " " + run + ")";
    }
}
