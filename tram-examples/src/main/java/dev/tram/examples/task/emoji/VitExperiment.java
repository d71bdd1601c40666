package dev.tram.examples.task.emoji;

import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.report.Comparison;
import dev.tram.examples.report.Comparison.Part;
import dev.tram.examples.report.Examples;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code tram vit}: pretraining, a grid of runs per target, the tables and the report. */
public final class VitExperiment {

    static final int PRETRAINING_EPOCHS = 60;
    private static final int EXAMPLES = 24;

    private final ExperimentConfig config;
    private final List<Target> targets;
    private final ExperimentDirectory directory;
    private final String command;

    /**
     * Describes the experiment.
     *
     * @param config the methods, the seeds and how the runs are trained; its target names all
     *     targets
     * @param targets the targets
     * @param directory where the files go: with one target directly, with several each in a
     *     directory of its own
     * @param command the command line, for the report
     */
    public VitExperiment(
            ExperimentConfig config,
            List<Target> targets,
            ExperimentDirectory directory,
            String command) {
        this.config = config;
        this.targets = targets;
        this.directory = directory;
        this.command = command;
    }

    /**
     * Runs what is not finished yet.
     *
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     */
    public void run(PrintStream out) throws IOException {
        EmojiImages emoji = EmojiImages.load();
        directory.begin(config, command);
        Pretraining pretraining = new Pretraining(emoji, config.device(), PRETRAINING_EPOCHS);
        Path pretrained = pretraining.model(ModelCache.ofUser(), out);
        List<Part> parts = new ArrayList<>();
        for (Target target : targets) {
            VisionTask task = VisionTask.of(target, emoji, pretrained);
            parts.add(
                    new Part(
                            task,
                            "accuracy in %",
                            (model, manager) ->
                                    Examples.of(task.predictions(model, manager, EXAMPLES))));
        }
        new Comparison(config, directory, command).run(parts, out);
    }
}
