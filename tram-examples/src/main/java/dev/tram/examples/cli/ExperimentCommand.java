package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Task;
import dev.tram.experiments.report.Comparison;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.commons.io.IOUtils;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/**
 * A command that trains by several methods and compares them, or, below {@code tram tune}, looks
 * for their radii. What is run is a preset, overlaid by the options that are given.
 */
abstract class ExperimentCommand implements Callable<Integer> {

    @Mixin private ExperimentOptions options;

    /** {@code tram} itself, or what else is done with an experiment. */
    @ParentCommand private Runnable parent;

    /**
     * Adds the command's own options.
     *
     * @param json the experiment's config.json so far
     * @throws IllegalArgumentException if an option is rejected
     */
    abstract void add(ObjectNode json) throws IOException;

    final ExperimentOptions options() {
        return options;
    }

    static boolean hasInput(ObjectNode json, String name) {
        return json.get("inputs").has(name);
    }

    final ExperimentConfig config() throws IOException {
        return options.config(this::add);
    }

    @Override
    public Integer call() throws IOException {
        ExperimentConfig config = config();
        if (prefersOneThread(config)) {
            EngineThreads.prefer(1);
        }
        TuneCommand tune = parent instanceof TuneCommand command ? command : null;
        if (tune != null) {
            tune.check(options, config);
        }
        ExperimentDirectory directory = options.directory(config);
        PrintStream out = System.out;
        Path pretrained = pretrained(config);
        List<Task> tasks = new ArrayList<>();
        try {
            for (String target : targets(config)) {
                tasks.add(Tasks.open(config.with("target", target), pretrained, out));
            }
            if (tune != null) {
                tune.run(config, directory, options.commandLine(), tasks, out);
            } else {
                new Comparison(config, directory, options.commandLine()).run(tasks, out);
            }
        } finally {
            IOUtils.close(tasks.toArray(Task[]::new));
        }
        return 0;
    }

    /** Returns the model that the runs begin with, which fits the adapters if there are any. */
    static Path pretrained(ExperimentConfig config) throws IOException {
        Path pretrained = Checkpoints.locate(config.pretrained(), new ConsoleProgress());
        config.requireFit(Checkpoint.open(pretrained).config());
        return pretrained;
    }

    /** Whether the operations of the experiment's model are too short to be shared by threads. */
    boolean prefersOneThread(ExperimentConfig config) {
        return false;
    }

    /** What is trained on: one target unless a command has several. */
    List<String> targets(ExperimentConfig config) {
        return List.of(config.target());
    }
}
