package dev.tram.examples.experiment;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.examples.statistics.MethodGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** All runs of an experiment: every method with every seed. A finished run is never repeated. */
public final class Grid {

    /** The mean over training of d. */
    public static final Measure DISTANCE = new Measure("distance", "d", Measure.Direction.NONE);

    /** The mean over training of ‖ε*‖. */
    public static final Measure PERTURBATION =
            new Measure("perturbation_norm", "‖ε‖", Measure.Direction.NONE);

    private final Task task;
    private final ExperimentConfig config;
    private final ExperimentDirectory directory;

    /**
     * Describes a grid.
     *
     * @param task what is trained
     * @param config the methods, the seeds and how the runs are trained
     * @param directory where the files go; finished runs are read from its results.json
     */
    public Grid(Task task, ExperimentConfig config, ExperimentDirectory directory) {
        this.task = task;
        this.config = config;
        this.directory = directory;
    }

    /**
     * Returns the figures of a run.
     *
     * @return the task's measures, then d and ‖ε*‖
     */
    public List<Measure> measures() {
        List<Measure> measures = new ArrayList<>(task.measures());
        measures.add(DISTANCE);
        measures.add(PERTURBATION);
        return measures;
    }

    /**
     * Runs what is not finished yet, one seed after the other, and writes results.json after each
     * run.
     *
     * @param progress whom to tell
     * @return the results
     * @throws IOException if a file cannot be read or written
     * @throws IllegalArgumentException if earlier runs began with another pretrained model
     */
    public Results run(Progress progress) throws IOException {
        if (task.pretrained().isPresent()) {
            directory.begin(task.pretrained().get());
        }
        Results results =
                withZeroShot(
                        directory
                                .readResults(config)
                                .judgedBy(task.measures())
                                .ofDomains(task.domains()));
        for (int seed = 0; seed < config.seeds(); seed++) {
            for (String method : config.methods()) {
                RunKey key = new RunKey(method, seed);
                if (results.run(key).isPresent()) {
                    progress.skip(config.protocol().steps());
                    continue;
                }
                Map<String, Double> measures =
                        new Run(task, config, directory, key, progress).execute();
                results = results.with(key, measures, order());
                Json.write(directory.results(), results);
                new Savepoints(directory.checkpoint(key)).delete();
                progress.say(config.target() + " " + key + ": " + inWords(measures));
            }
        }
        return results;
    }

    /**
     * Counts the runs that are not finished yet.
     *
     * @return the number of runs
     * @throws IOException if the results so far cannot be read
     */
    public long left() throws IOException {
        Results results = directory.readResults(config);
        return config.methods().stream()
                .mapToLong(
                        method ->
                                IntStream.range(0, config.seeds())
                                        .mapToObj(seed -> new RunKey(method, seed))
                                        .filter(key -> results.run(key).isEmpty())
                                        .count())
                .sum();
    }

    private Results withZeroShot(Results results) throws IOException {
        RunKey key = new RunKey(MethodGroup.ZERO_SHOT, 0);
        if (!task.isZeroShot() || results.run(key).isPresent()) {
            return results;
        }
        try (Model owner = Model.newInstance(MethodGroup.ZERO_SHOT, config.toDevice(), "PyTorch")) {
            NDManager manager = owner.getNDManager();
            Scores scores = task.score(task.newModel(manager, key.seed()), manager);
            directory.writeSamples(key, scores);
            Results judged = results.with(key, scores.measures(), order());
            Json.write(directory.results(), judged);
            return judged;
        }
    }

    private List<String> order() {
        List<String> order = new ArrayList<>(List.of(MethodGroup.ZERO_SHOT));
        order.addAll(config.methods());
        return order;
    }

    private String inWords(Map<String, Double> measures) {
        return measures().stream()
                .filter(measure -> Double.isFinite(measures.get(measure.name())))
                .map(
                        measure ->
                                String.format(
                                        Locale.ROOT,
                                        "%s %.3g",
                                        measure.title(),
                                        measures.get(measure.name())))
                .collect(Collectors.joining(", "));
    }
}
