package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.HyperParameter;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a protocol does to a run. */
class RunTest {

    private static final RunKey ADAM = new RunKey("adam", 1);
    private static final double[] FIGURES = {9, 7, 3, 4, 3, 8};

    @TempDir private Path directory;

    private final TinyTask task = new TinyTask(number -> FIGURES[(number - 1) % FIGURES.length]);

    @Test
    void theLastModelIsTheResultUnlessTheBestIsAskedFor() throws IOException {
        Map<String, Double> last = run(task, ADAM, protocol(Selection.LAST, 0), "last");
        assertThat(saved("last", ADAM)).isEqualTo(task.validated.get(5));
        assertThat(last).containsKeys("sum", "distance", "perturbation_norm");
        TinyTask again = new TinyTask(number -> FIGURES[number - 1]);
        run(again, ADAM, protocol(Selection.BEST, 0), "best");
        assertThat(saved("best", ADAM))
                .isEqualTo(again.validated.get(2))
                .isNotEqualTo(again.validated.get(5));
    }

    /** Whatever the experiment selects, and with right or wrong labels. */
    @Test
    void aRowThatStopsEarlyHasTheBestModel() throws IOException {
        for (RunKey key : List.of(new RunKey("best", 1), new RunKey("best@method=sam", 1))) {
            TinyTask judged = new TinyTask(number -> FIGURES[number - 1]);
            run(judged, key, protocol(Selection.LAST, 0), key.method());
            assertThat(saved(key.method(), key))
                    .isEqualTo(judged.validated.get(2))
                    .isNotEqualTo(judged.validated.get(5));
            assertThat(judged.judgedByNoisyLabels).containsExactly(false);
        }
        RunKey noisy = new RunKey("best-noisy", 1);
        TinyTask judged = new TinyTask(number -> FIGURES[number - 1]);
        ExperimentConfig config =
                config(protocol(Selection.LAST, 0), ADAM)
                        .with("experiment", "vit")
                        .with("inputs", Map.of(LabelSettings.NOISE, "0.5"))
                        .with("methods", List.of(noisy.method()));
        new Run(judged, config, files("noisy"), noisy, MortalProgress.immortal()).execute();
        assertThat(saved("noisy", noisy)).isEqualTo(judged.validated.get(2));
        assertThat(judged.judgedByNoisyLabels).containsExactly(true);
    }

    /** Six updates of one batch each. */
    @ParameterizedTest
    @CsvSource({
        "adam, 6, 6",
        "best, 6, 6",
        "sam, 12, 12",
        "sam@every=2, 9, 9",
        "msam, 6, 6",
        "mesa, 12, 6",
        "tram-x, 18, 12",
        "tram-previous-relative, 17, 11",
    })
    void passesAreCounted(String method, double forward, double backward) throws IOException {
        RunKey key = new RunKey(method, 1);
        Map<String, Double> measures =
                run(task, key, protocol(Selection.LAST, 2), "counted-" + method);
        assertThat(measures)
                .containsEntry("forward_passes", forward)
                .containsEntry("backward_passes", backward);
    }

    @Test
    void withoutAFiniteFigureTheLastModelIsTheResult() throws IOException {
        TinyTask blind = new TinyTask(number -> Double.NaN);
        run(blind, ADAM, protocol(Selection.BEST, 0), "blind");
        assertThat(saved("blind", ADAM)).isEqualTo(blind.validated.get(5));
    }

    /** Killed before, at and after the best model, before the step is saved. */
    @Test
    void aKilledRunFindsTheSameBestModel() throws IOException {
        TinyTask whole = new TinyTask(number -> FIGURES[number - 1]);
        run(whole, ADAM, protocol(Selection.BEST, 2), "whole");
        for (int killed = 1; killed < FIGURES.length; killed++) {
            String name = "killed-" + killed;
            Protocol protocol = protocol(Selection.BEST, 2);
            int lifetime = killed;
            TinyTask first = new TinyTask(number -> FIGURES[number - 1]);
            assertThatThrownBy(() -> run(first, ADAM, protocol, name, lifetime))
                    .isInstanceOf(MortalProgress.Killed.class);
            int savedAt = (killed - 1) / 2 * 2;
            TinyTask second = new TinyTask(number -> FIGURES[savedAt + number - 1]);
            run(second, ADAM, protocol, name);
            assertThat(saved(name, ADAM)).as(name).isEqualTo(saved("whole", ADAM));
            assertThat(second.validated).hasSize(FIGURES.length - savedAt);
        }
    }

    @Test
    void aRunEndsWhenItsTimeIsOver() throws IOException {
        MortalProgress progress = MortalProgress.immortal();
        new Run(
                        task,
                        config(protocol(Selection.LAST, 0), ADAM).with("minutes", 1e-6f),
                        files("short"),
                        ADAM,
                        progress)
                .execute();
        assertThat(progress.steps()).isEqualTo(1);
        assertThat(progress.skipped()).isEqualTo(FIGURES.length - 1);
        List<StepRecord> steps = Metrics.read(files("short").metrics(ADAM));
        assertThat(steps).hasSize(1);
        assertThat(steps.get(0).validation()).isEqualTo(FIGURES[0]);
        assertThat(saved("short", ADAM)).isEqualTo(task.validated.get(0));
    }

    /** Two batches of three make the update of one batch of six. */
    @Test
    void accumulatedBatchesMakeOneUpdate() throws IOException {
        RunKey sgd = new RunKey("sgd", 1);
        run(task, sgd, protocol(6, Map.of()), "whole");
        run(task, sgd, protocol(3, Map.of("accumulation", 2)), "parts");
        float[] whole = saved("whole", sgd);
        float[] parts = saved("parts", sgd);
        for (int i = 0; i < whole.length; i++) {
            assertThat(parts[i]).isCloseTo(whole[i], within(1e-6f));
        }
        assertThat(Metrics.read(files("parts").metrics(sgd))).hasSize(2);
        assertThat(Metrics.read(files("parts").metrics(sgd)).get(0).loss())
                .isCloseTo(Metrics.read(files("whole").metrics(sgd)).get(0).loss(), within(1e-5));
    }

    /** The first SGD step of a clipped gradient is as long as learning rate × norm. */
    @Test
    void clippingBoundsTheUpdateAndTheBaseIsTheProtocols() throws IOException {
        for (String method : List.of("sgd", "sam")) {
            RunKey key = new RunKey(method, 1);
            Protocol clipped =
                    protocol(6, Map.of("base", BaseOptimizer.SGD, "max_grad_norm", 1e-2f));
            run(task, key, clipped, "clipped-" + method);
            List<float[]> seen = task.validated;
            assertThat(distance(seen.get(seen.size() - 2), seen.get(seen.size() - 1)))
                    .isCloseTo(0.5 * 1e-2, within(1e-5));
        }
    }

    @Test
    void aRunComputesInItsPrecision() throws IOException {
        RunKey sgd = new RunKey("sgd", 1);
        run(task, sgd, protocol(6, Map.of("precision", Precision.FLOAT32)), "single");
        run(task, sgd, protocol(6, Map.of("precision", Precision.BFLOAT16)), "half");
        double single = Metrics.read(files("single").metrics(sgd)).get(0).loss();
        double half = Metrics.read(files("half").metrics(sgd)).get(0).loss();
        assertThat(half).isNotEqualTo(single).isCloseTo(single, within(0.02 * single));
    }

    @Test
    void aVariantsRadiusAndRateAreItsRuns() throws IOException {
        RunKey sam = new RunKey("sam@rho=0.2@lr=0.125", 1);
        run(task, sam, protocol(6, Map.of()), "sam");
        assertThat(Metrics.read(files("sam").metrics(sam)))
                .allSatisfy(
                        step -> assertThat(step.perturbationNorm()).isCloseTo(0.2, within(1e-6)))
                .allSatisfy(step -> assertThat(step.learningRate()).isEqualTo(0.125f));
    }

    /** An SGD step is as long as learning rate × norm. */
    @Test
    void aVariantOfSgdIsSgd() throws IOException {
        RunKey sgd = new RunKey("sgd@lr=0.125", 1);
        run(task, sgd, protocol(6, Map.of()), "sgd");
        double norm = Metrics.read(files("sgd").metrics(sgd)).get(1).gradientNorm();
        assertThat(distance(task.validated.get(0), task.validated.get(1)))
                .isCloseTo(0.125 * norm, within(1e-6));
    }

    private float[] start() throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            return TinyTask.weights(task.newModel(manager, ADAM.seed()));
        }
    }

    private static float[] mix(float[] a, float[] b, double shareOfB) {
        float[] mixed = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            mixed[i] = (float) ((1 - shareOfB) * a[i] + shareOfB * b[i]);
        }
        return mixed;
    }

    private float[] trained(String method, Protocol protocol, String name) throws IOException {
        RunKey key = new RunKey(method, ADAM.seed());
        run(task, key, protocol, name);
        return saved(name, key);
    }

    @Test
    void averagesAndInterpolationsAreOfTheRunsWeights() throws IOException {
        Protocol protocol = protocol(Selection.LAST, 0);
        trained("adam", protocol, "last");
        List<float[]> seen = List.copyOf(task.validated);
        float[] exponential = start();
        for (float[] weights : seen) {
            exponential = mix(exponential, weights, 0.25);
        }
        assertThat(distance(trained("ema@decay=0.75", protocol, "ema"), exponential))
                .isLessThan(1e-6);
        assertThat(distance(task.validated.get(11), exponential)).isLessThan(1e-6);
        float[] mean = mix(mix(seen.get(3), seen.get(4), 0.5), seen.get(5), 1.0 / 3);
        assertThat(distance(trained("swa@from=3", protocol, "swa"), mean)).isLessThan(1e-6);
        assertThat(trained("swa", protocol, "end")).isEqualTo(seen.get(5));
        float[] between = mix(start(), seen.get(5), 0.25);
        assertThat(distance(trained("wise@alpha=0.25", protocol, "wise"), between))
                .isLessThan(1e-6);
        assertThat(distance(between, seen.get(5))).isGreaterThan(1e-3);
    }

    @Test
    void theBestAverageIsTheResult() throws IOException {
        TinyTask figures = new TinyTask(number -> FIGURES[number - 1]);
        RunKey key = new RunKey("ema@decay=0.75", 1);
        run(figures, key, protocol(Selection.BEST, 0), "best");
        assertThat(saved("best", key)).isEqualTo(figures.validated.get(2));
    }

    @Test
    void aKilledRunGoesOnWithItsAverage() throws IOException {
        RunKey key = new RunKey("ema@decay=0.75", 1);
        Protocol protocol = protocol(Selection.LAST, 2);
        run(task, key, protocol, "whole");
        for (int killed = 1; killed <= FIGURES.length; killed++) {
            String name = "killed-" + killed;
            int lifetime = killed;
            if (killed < FIGURES.length) {
                assertThatThrownBy(() -> run(task, key, protocol, name, lifetime))
                        .isInstanceOf(MortalProgress.Killed.class);
            } else {
                run(task, key, protocol, name);
            }
            run(task, key, protocol, name);
            assertThat(saved(name, key)).as(name).isEqualTo(saved("whole", key));
        }
    }

    /** AE-SAM's threshold moves over the length of a training. */
    @Test
    void aMethodThatAsksKnowsTheLengthOfTheRun() {
        Protocol protocol = protocol(Selection.LAST, 0);
        for (String name : List.of("ae-sam", "ae-sam@steps=500")) {
            RunKey key = new RunKey(name, 1);
            Number steps =
                    (Number) Updates.method(config(protocol, key), key).get(HyperParameter.STEPS);
            assertThat(steps.intValue()).isEqualTo(name.contains("@") ? 500 : FIGURES.length);
        }
    }

    @Test
    void samplesAreKept() throws IOException {
        Map<String, Double> measures = run(task, ADAM, protocol(Selection.LAST, 0), "samples");
        double sum = measures.get("sum");
        assertThat(files("samples").readSamples(ADAM).get("sum")).containsExactly(sum, sum + 1);
    }

    private static double distance(float[] before, float[] after) {
        double squares = 0;
        for (int i = 0; i < after.length; i++) {
            squares += Math.pow(after[i] - before[i], 2);
        }
        return Math.sqrt(squares);
    }

    private static Protocol protocol(Selection selection, int saveEvery) {
        Map<String, Object> others =
                Map.of(
                        "schedule",
                        Schedule.LINEAR,
                        "warmup",
                        2,
                        "evaluate_every",
                        1,
                        "selection",
                        selection,
                        "save_every",
                        saveEvery);
        return TinyTask.protocol(FIGURES.length, 4, 1e-2f, others);
    }

    /** Two updates at a constant rate. */
    private static Protocol protocol(int batch, Map<String, Object> others) {
        Map<String, Object> all =
                new HashMap<>(Map.of("schedule", Schedule.CONSTANT, "evaluate_every", 1));
        all.putAll(others);
        return TinyTask.protocol(2, batch, 0.5f, all);
    }

    private Map<String, Double> run(TinyTask trained, RunKey key, Protocol protocol, String name)
            throws IOException {
        return run(trained, key, protocol, name, Integer.MAX_VALUE);
    }

    private Map<String, Double> run(
            TinyTask trained, RunKey key, Protocol protocol, String name, int lifetime)
            throws IOException {
        return new Run(
                        trained,
                        config(protocol, key),
                        files(name),
                        key,
                        new MortalProgress(lifetime))
                .execute();
    }

    private ExperimentDirectory files(String name) throws IOException {
        return new ExperimentDirectory(Files.createDirectories(directory.resolve(name)));
    }

    private static ExperimentConfig config(Protocol protocol, RunKey key) {
        return TinyTask.config(List.of(key.method()), 2, protocol);
    }

    private float[] saved(String name, RunKey key) throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            return TinyTask.weights(Checkpoint.open(files(name).model(key)).load(manager));
        }
    }
}
