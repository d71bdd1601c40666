package dev.tram.experiments.sweep;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Grid;
import dev.tram.experiments.Progress;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.Task;
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
