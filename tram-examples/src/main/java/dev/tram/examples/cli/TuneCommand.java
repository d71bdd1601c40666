package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.Task;
import dev.tram.examples.experiment.TuneRecord;
import dev.tram.examples.experiment.TuneSettings;
import dev.tram.examples.report.Tunings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code tram tune}: which radius to use, by short runs judged on held-out training data. */
@Command(
        name = "tune",
        description = {
            "Find a method's radius (rho, or the scale of a distance) for an experiment.",
            "",
            "tram tune vit --methods sam tries a geometric grid of values in short runs on held-out"
                    + " training data, never on the tests. All begin after the same warm-up; the"
                    + " better half trains twice as long, and so on. Prints the curve and the value"
                    + " to use. The options of the experiment go behind its name; --resume goes on."
        },
        mixinStandardHelpOptions = true,
        subcommands = {VitCommand.class, TextCommand.class, XnliCommand.class, Gpt2Command.class})
final class TuneCommand implements Runnable {

    private static final int VALUES = 7;

    @Spec private CommandSpec spec;

    @Option(
            names = "--key",
            scope = ScopeType.INHERIT,
            paramLabel = "NAME",
            description =
                    "Tune: rho, scale, gamma or lambda (default: the first that the method has).")
    private String key;

    @Option(
            names = "--smallest",
            scope = ScopeType.INHERIT,
            paramLabel = "X",
            description =
                    "Tune: the smallest value (default: an eighth of the method's; its own scale).")
    private Float smallest;

    @Option(
            names = "--largest",
            scope = ScopeType.INHERIT,
            paramLabel = "X",
            description =
                    "Tune: the largest value (default: eight times the method's; a million times"
                            + " its scale).")
    private Float largest;

    @Option(
            names = "--values",
            scope = ScopeType.INHERIT,
            paramLabel = "N",
            description = "Tune: how many values, at least 2 (default: 7).")
    private Integer values;

    @Option(
            names = "--first-steps",
            scope = ScopeType.INHERIT,
            paramLabel = "N",
            description =
                    "Tune: updates that all values train after the warm-up (default: so that the"
                            + " best one trains half of --steps).")
    private Integer firstSteps;

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            paramLabel = "FILE",
            description = "Tune: write the curves and the values to use as JSON, too.")
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

    /**
     * Refuses what cannot be tuned before anything is written.
     *
     * @param options the experiment's options
     * @param config the experiment
     */
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
        TuneSettings begun = begun(directory.root().resolve("tune.json"));
        List<TuneRecord> found = new Tunings(config, begun, directory).run(tasks, out);
        for (TuneRecord record : found) {
            out.printf("%n%s", record.table());
        }
        if (json != null) {
            if (json.toAbsolutePath().getParent() != null) {
                Files.createDirectories(json.toAbsolutePath().getParent());
            }
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
