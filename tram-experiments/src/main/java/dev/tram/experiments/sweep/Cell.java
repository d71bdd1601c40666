package dev.tram.experiments.sweep;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.RunKey;

/**
 * The unit of a sweep: one run of one experiment by one method with one seed.
 *
 * @param index its number in the grid file's order, from 0
 */
public record Cell(int index, Group group, String target, RunKey run) {

    /** Returns what is run: a configuration of one target, on this device unless it is empty. */
    public ExperimentConfig config(String device) {
        ExperimentConfig config = group.config(target);
        return device.isEmpty() ? config : config.with("device", device);
    }

    /** INDEX (EXPERIMENT TARGET METHOD-SEED), for people. */
    @Override
    public String toString() {
        return index + " (" + group.name() + " " + target + " " + run + ")";
    }
}
