package dev.tram.examples.report;

import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Task;
import dev.tram.examples.experiment.TuneRecord;
import dev.tram.examples.experiment.TuneSettings;
import dev.tram.examples.experiment.Tuning;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A search per target and method of an experiment.
 *
 * @param config the methods, and how a run is trained
 * @param directory where the files go: with several targets, each has a directory of its own
 */
public record Tunings(
        ExperimentConfig config, TuneSettings settings, ExperimentDirectory directory) {

    /** Runs what is not done yet; what was found comes by target and method. */
    public List<TuneRecord> run(List<Task> tasks, PrintStream out) throws IOException {
        out.printf("Files: %s%n", directory.root());
        List<TuneRecord> found = new ArrayList<>();
        long searches = (long) tasks.size() * config.methods().size();
        try (ResumeHint hint =
                        ResumeHint.of(List.of("tune", config.experiment()), directory.root());
                Progress progress =
                        Progress.on(out, "tuning", searches * Tuning.updates(config, settings))) {
            for (Task task : tasks) {
                ExperimentDirectory files =
                        tasks.size() == 1 ? directory : directory.target(task.name());
                for (String method : config.methods()) {
                    found.add(new Tuning(task, config, settings, files, method, progress).run());
                }
            }
        }
        return found;
    }
}
