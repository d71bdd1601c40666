package dev.tram.experiments;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.files.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Where an experiment's files lie: config.json, command.txt, pretrained.json,
 * metrics/METHOD-SEED.jsonl, models/METHOD-SEED/, adapters/METHOD-SEED/ where adapters are trained,
 * samples/METHOD-SEED.json where measures are means, checkpoints/METHOD-SEED/ while a run is under
 * way, runs/METHOD-SEED.json where runs are made one by one, results.json, table.csv, table.json
 * and report.html.
 *
 * @param tensorBoard where each run has a directory of event files for TensorBoard, if anywhere
 * @param store where the files lie for good, if the directory is a copy
 */
public record ExperimentDirectory(Path root, Optional<Path> tensorBoard, ExperimentStore store) {

    private static final String METRICS = "metrics";
    private static final String RUNS = "runs";
    private static final String SAMPLES = "samples";

    /** Returns a directory that is no copy. */
    public ExperimentDirectory(Path root, Optional<Path> tensorBoard) {
        this(root, tensorBoard, new LocalStore(root));
    }

    /** Returns a directory without event files. */
    public ExperimentDirectory(Path root) {
        this(root, Optional.empty());
    }

    /**
     * Brings what is known before a run to the directory: how the experiment began, and the figures
     * of the runs that are finished.
     */
    public void pullFigures() throws IOException {
        for (Path path :
                List.of(config(), command(), pretrained(), results(), root.resolve(RUNS))) {
            store.pull(path);
        }
    }

    /** Brings what a report is made of to the directory, but for models. */
    public void pullMeasurements() throws IOException {
        pullFigures();
        store.pull(root.resolve(METRICS));
        store.pull(root.resolve(SAMPLES));
    }

    /**
     * Takes all that a run, finished or pausing, has written to the store, its figures last, as
     * they say that it is finished.
     */
    public void push(RunKey key) throws IOException {
        for (Path path :
                List.of(metrics(key), rounds(key), samples(key), adapter(key), model(key))) {
            store.push(path);
        }
        store.push(figures(key));
        if (Files.exists(figures(key))) {
            store.forget(checkpoint(key));
        }
    }

    /** Brings a run's latest savepoint to the directory, if there is one. */
    public void restore(RunKey key) throws IOException {
        store.restore(checkpoint(key));
    }

    /** Takes the savepoint that a run has just written to the store. */
    void saved(RunKey key, int step) throws IOException {
        store.save(checkpoint(key), step, List.of(metrics(key), rounds(key)));
    }

    /** Returns the directory of a run's event files, if there are to be any. */
    public Optional<Path> events(RunKey key) {
        return tensorBoard.map(directory -> directory.resolve(key.toString()));
    }

    public Path config() {
        return root.resolve("config.json");
    }

    /**
     * Writes what {@code --resume} needs, unless it is there, so that an experiment can be resumed
     * from its first moment on.
     *
     * @param command the present command line, kept if this is the beginning
     * @return the command line that began the experiment
     */
    public String begin(ExperimentConfig config, String command) throws IOException {
        Files.createDirectories(root);
        if (!Files.exists(config())) {
            Json.write(config(), config);
        }
        if (!Files.exists(command())) {
            AtomicFile.write(command(), command + "\n");
        }
        return TextFile.read(command()).strip();
    }

    private Path command() {
        return root.resolve("command.txt");
    }

    /** Returns a run's metrics: a file with a line of JSON per step. */
    public Path metrics(RunKey key) {
        return root.resolve(METRICS).resolve(key + ".jsonl");
    }

    /**
     * Returns what a run's validation gave.
     *
     * @param step a step after which runs are validated and saved
     * @return the figure, NaN if it was not finite; empty if the run has not got there
     */
    public OptionalDouble validation(RunKey key, int step) throws IOException {
        List<StepRecord> steps =
                Files.exists(metrics(key)) ? Metrics.read(metrics(key)) : List.of();
        if (steps.size() < step) {
            return OptionalDouble.empty();
        }
        Double figure = steps.get(step - 1).validation();
        return OptionalDouble.of(figure == null ? Double.NaN : figure);
    }

    /** Returns a run's trained model: a Hugging Face directory. */
    public Path model(RunKey key) {
        return root.resolve("models").resolve(key.toString());
    }

    /**
     * Returns a run's trained adapter, which is merged in {@link #model}: a directory in the layout
     * of Hugging Face's PEFT.
     */
    public Path adapter(RunKey key) {
        return root.resolve("adapters").resolve(key.toString());
    }

    /** Returns the directory where a run under way is saved. */
    public Path checkpoint(RunKey key) {
        return root.resolve("checkpoints").resolve(key.toString());
    }

    /** Returns the figures of a run that was made by itself: there as soon as it is finished. */
    public Path figures(RunKey key) {
        return root.resolve(RUNS).resolve(key + ".json");
    }

    /** Reads the figures of a run that was made by itself. */
    public Map<String, Double> readFigures(RunKey key) throws IOException {
        return Json.read(figures(key), new TypeReference<>() {});
    }

    /** Returns what each round of a run of several workers took, a line of JSON per round. */
    Path rounds(RunKey key) {
        return root.resolve(METRICS).resolve(key + ".rounds.jsonl");
    }

    /** Returns pretrained.json, which says what model the runs begin with. */
    public Path pretrained() {
        return root.resolve("pretrained.json");
    }

    /**
     * Reads which pretrained model the runs began with. Returns the model; nothing if the runs
     * began from random weights, or with an earlier version of this software.
     */
    public Optional<StartingModel> readPretrained() throws IOException {
        return Files.exists(pretrained())
                ? Optional.of(Json.read(pretrained(), StartingModel.class))
                : Optional.empty();
    }

    /**
     * Records which pretrained model the runs begin with. Nothing is recorded where runs have begun
     * already with a model that is not known.
     *
     * @throws IllegalArgumentException if runs have begun with another one
     */
    public void begin(Path model) throws IOException {
        StartingModel given = StartingModel.of(model);
        Optional<StartingModel> recorded = readPretrained();
        if (recorded.isPresent()) {
            String expected = recorded.get().sha256();
            if (!given.sha256().equals(expected)) {
                throw Arguments.rejected(
                        "the pretrained model of " + root,
                        "the one that its runs began with, sha256 " + expected,
                        given.sha256() + " in " + given.directory());
            }
            if (given.equals(recorded.get())) {
                return;
            }
        } else if (Files.exists(results()) || Files.exists(root.resolve(METRICS))) {
            return;
        }
        Json.write(pretrained(), given);
    }

    /** Returns the file of what a run's measures are means of, an array per measure. */
    public Path samples(RunKey key) {
        return root.resolve(SAMPLES).resolve(key + ".json");
    }

    /** Reads what a run's measures are means of, an array per measure. */
    public Map<String, double[]> readSamples(RunKey key) throws IOException {
        return Json.read(samples(key), new TypeReference<>() {});
    }

    /** Writes what a run's measures are means of, if they are. */
    void writeSamples(RunKey key, Scores scores) throws IOException {
        if (!scores.samples().isEmpty()) {
            Files.createDirectories(samples(key).getParent());
            Json.write(samples(key), scores.samples());
        }
    }

    /** Returns the table of results as a file, csv or json. */
    public Path table(String ending) {
        return root.resolve("table." + ending);
    }

    public Path results() {
        return root.resolve("results.json");
    }

    public Path report() {
        return root.resolve("report.html");
    }

    public ExperimentDirectory target(String target) {
        return new ExperimentDirectory(
                root.resolve(target), tensorBoard.map(events -> events.resolve(target)), store);
    }

    /** Reads the results so far, empty if there are none yet. */
    public Results readResults(ExperimentConfig config) throws IOException {
        return Files.exists(results()) ? Json.read(results(), Results.class) : Results.none(config);
    }
}
