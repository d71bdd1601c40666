package dev.tram.experiments.sweep;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import java.util.List;

/**
 * An experiment of a grid file with one combination of its varied options: all that one command
 * line would run.
 *
 * @param name the experiment's name and what is varied, such as {@code digits,lr=0.001}
 * @param targets what is trained on, at least one
 */
public record Group(
        String name,
        String experiment,
        ExperimentConfig config,
        List<String> targets,
        List<String> arguments) {

    long cells() {
        return (long) targets.size() * config.seeds() * config.methods().size();
    }

    /** Returns what is run for a target. */
    ExperimentConfig config(String target) {
        return targets.size() == 1 ? config : config.with("target", target);
    }

    /** Returns where the files of a target go: those of the command would lie there, too. */
    ExperimentDirectory directory(ExperimentDirectory whole, String target) {
        return targets.size() == 1 ? whole : whole.target(target);
    }

    String commandLine() {
        return "tram " + String.join(" ", arguments);
    }
}
