package dev.tram.experiments;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.experiments.statistics.MethodGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.io.FileUtils;

/**
 * All runs of an experiment: every method with every seed. A finished run is never repeated. Runs
 * can also be made one by one, by several processes at a time, before {@link #run(Progress)} takes
 * up what they gave.
 *
 * @param config the methods, the seeds and how the runs are trained
 * @param directory where the files go; finished runs are read from its results.json
 */
public record Grid(Task task, ExperimentConfig config, ExperimentDirectory directory) {

    /** The mean over training of d. */
    public static final Measure DISTANCE = new Measure("distance", "d", Measure.Direction.NONE);

    /** The mean over training of ‖ε*‖. */
    public static final Measure PERTURBATION =
            new Measure("perturbation_norm", "‖ε‖", Measure.Direction.NONE);

    /** The number of forward passes over a batch that a run took. */
    public static final Measure FORWARD =
            new Measure("forward_passes", "forward passes", Measure.Direction.NONE);

    /** The number of backward passes over a batch that a run took. */
    public static final Measure BACKWARD =
            new Measure("backward_passes", "backward passes", Measure.Direction.NONE);

    /** Returns the figures of a run: the task's measures, then d and ‖ε*‖. */
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
     * @throws IllegalArgumentException if earlier runs began with another pretrained model
     */
    public Results run(Progress progress) throws IOException {
        if (task.pretrained().isPresent()) {
            directory.begin(task.pretrained().get());
        }
        Results before =
                directory.readResults(config).judgedBy(task.measures()).ofDomains(task.domains());
        Results results = withZeroShot(withFinished(before));
        for (RunKey key : config.runs()) {
            if (results.run(key).isPresent()) {
                progress.skip(config.protocol().steps());
            } else {
                Map<String, Double> measures =
                        new Run(task, config, directory, key, progress).execute();
                results = with(key, measures, results);
                progress.say(inWords(key, measures));
            }
        }
        return results;
    }

    /** Takes up what a run gave, which is finished then. */
    private Results with(RunKey key, Map<String, Double> measures, Results before)
            throws IOException {
        List<String> order = new ArrayList<>(List.of(MethodGroup.ZERO_SHOT));
        order.addAll(config.methods());
        Results results = before.with(key, measures, order);
        Json.write(directory.results(), results);
        new Savepoints(directory.checkpoint(key)).delete();
        return results;
    }

    /** Makes one run, unless it is finished, and writes its figures to a file of its own. */
    public void run(RunKey key, Progress progress) throws IOException {
        if (isFinished(key)) {
            progress.skip(config.protocol().steps());
            return;
        }
        Map<String, Double> measures = new Run(task, config, directory, key, progress).execute();
        Files.createDirectories(directory.figures(key).getParent());
        Json.write(directory.figures(key), measures);
        FileUtils.deleteDirectory(directory.checkpoint(key).toFile());
        progress.say(inWords(key, measures));
    }

    /**
     * Trains one run up to a step, unless it has got there, and saves it.
     *
     * @param step a step after which runs are validated and saved
     */
    public void pauseAfter(int step, RunKey key, Progress progress) throws IOException {
        if (directory.validation(key, step).isEmpty()) {
            new Run(task, config, directory, key, progress).pauseAfter(step);
        }
    }

    private boolean isFinished(RunKey key) {
        return Files.exists(directory.figures(key));
    }

    private Results withFinished(Results before) throws IOException {
        Results results = before;
        for (RunKey key : config.runs()) {
            if (results.run(key).isEmpty() && isFinished(key)) {
                results = with(key, directory.readFigures(key), results);
            }
        }
        return results;
    }

    /** Counts the runs that are not finished yet. */
    public long left() throws IOException {
        Results results = directory.readResults(config);
        return config.runs().stream()
                .filter(key -> results.run(key).isEmpty() && !isFinished(key))
                .count();
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
            return with(key, scores.measures(), results);
        }
    }

    private String inWords(RunKey key, Map<String, Double> measures) {
        return measures().stream()
                .filter(measure -> Double.isFinite(measures.get(measure.name())))
                .map(
                        measure ->
                                String.format(
                                        Locale.ROOT,
                                        "%s %.3g",
                                        measure.title(),
                                        measures.get(measure.name())))
                .collect(Collectors.joining(", ", config.target() + " " + key + ": ", ""));
    }
}
