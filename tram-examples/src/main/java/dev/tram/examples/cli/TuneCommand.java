package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.Progress;
import dev.tram.experiments.Task;
import dev.tram.experiments.TuneRecord;
import dev.tram.experiments.TuneSettings;
import dev.tram.experiments.Tuning;
import dev.tram.experiments.report.ResumeHint;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code tram tune}: which radius to use, by short runs judged on held-out training data. */
@Command(
        name = "tune",
        mixinStandardHelpOptions = true,
        subcommands = {VitCommand.class, TextCommand.class, XnliCommand.class, Gpt2Command.class})
final class TuneCommand implements Runnable {

    private static final int VALUES = 7;

    @Spec private CommandSpec spec;

    @Option(names = "--key", scope = ScopeType.INHERIT, paramLabel = "NAME")
    private String key;

    @Option(names = "--smallest", scope = ScopeType.INHERIT, paramLabel = "X")
    private Float smallest;

    @Option(names = "--largest", scope = ScopeType.INHERIT, paramLabel = "X")
    private Float largest;

    @Option(names = "--values", scope = ScopeType.INHERIT, paramLabel = "N")
    private Integer values;

    @Option(names = "--first-steps", scope = ScopeType.INHERIT, paramLabel = "N")
    private Integer firstSteps;

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            paramLabel = "FILE",
            descriptionKey = "tune.json")
    private Path json;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "an experiment is missing: vit, text, xnli or gpt2");
    }

    private TuneSettings settings() {
        return new TuneSettings(
                key, smallest, largest, values == null ? VALUES : values, firstSteps);
    }

    private boolean isGiven() {
        return key != null
                || smallest != null
                || largest != null
                || values != null
                || firstSteps != null;
    }

    /** Refuses what cannot be tuned before anything is written. */
    void check(ExperimentOptions options, ExperimentConfig config) {
        TuneSettings.checkKey(key);
        if (!options.hasMethods()) {
            throw Arguments.rejected("--methods", "the methods to tune", "nothing");
        }
        settings().check(config);
    }

    /**
     * Searches for each task and method, and prints what was found.
     *
     * @throws IllegalArgumentException if the directory has a search by other settings
     */
    void run(
            ExperimentConfig config,
            ExperimentDirectory directory,
            String command,
            List<Task> tasks,
            PrintStream out)
            throws IOException {
        directory.begin(config, command);
        TuneSettings settings = begun(directory.root().resolve("tune.json"));
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
        found.forEach(record -> out.printf("%n%s", record.table()));
        if (json != null) {
            PathUtils.createParentDirectories(json.toAbsolutePath());
            Json.write(json, found);
        }
    }

    /** What the search began with, which {@code --resume} need not repeat. */
    private TuneSettings begun(Path file) throws IOException {
        if (!Files.exists(file)) {
            Json.write(file, settings());
            return settings();
        }
        TuneSettings saved = Json.read(file, TuneSettings.class);
        if (isGiven() && !saved.equals(settings())) {
            throw Arguments.rejected(
                    "the options of tune beside --resume", "those of " + file, settings());
        }
        return saved;
    }
}
