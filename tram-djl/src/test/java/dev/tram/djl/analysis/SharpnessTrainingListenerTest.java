package dev.tram.djl.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.metric.Metric;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.core.Divergences;
import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;
import dev.tram.core.analysis.EpsilonSharpness;
import dev.tram.djl.PositionLoss;
import dev.tram.djl.Rounding;
import dev.tram.djl.TestModel;
import dev.tram.djl.Training;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharpnessTrainingListenerTest {

    private static final double ROUNDING = Rounding.ofDistance(TestModel.CLASSES);

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** The training batch 0 as a dataset, in two mini-batches of different sizes. */
    private Dataset data(TestModel kind) {
        return new ArrayDataset.Builder()
                .setData(kind.data(manager, 0, Training.BATCH_SIZE))
                .optLabels(kind.labels(manager, 0, Training.BATCH_SIZE))
                .setSampling(5, false)
                .build();
    }

    private SharpnessTrainingListener.Builder builder(TestModel kind, int interval) {
        return SharpnessTrainingListener.builder()
                .setDataset(data(kind))
                .setInterval(interval)
                .optSharpness(
                        EpsilonSharpness.builder()
                                .setSteps(2)
                                .optEpsilon(0.05f)
                                .optLearningRate(1f)
                                .build());
    }

    private static Training training(
            TestModel kind, TramOptimizer tram, SharpnessTrainingListener listener) {
        return new Training(
                kind, tram, new PositionLoss(), config -> config.addTrainingListeners(listener));
    }

    /** d as the optimizer measures it for its radius. */
    @ParameterizedTest
    @CsvSource({
        "tram-previous, previous_step, 1",
        "tram-previous, previous_step, 3",
        "tram-pretrained, pretrained, 1",
        "tram-average, moving_average, 1"
    })
    void measuresTheDistancesOfTheTrustRegions(String method, String region, int interval) {
        TestModel kind = TestModel.MLP;
        SharpnessTrainingListener listener = builder(kind, interval).build();
        try (Training training = training(kind, Training.method(method).build(), listener)) {
            for (int step = 1; step <= 6; step++) {
                TramStep done = training.step(0);
                if (step % interval == 0) {
                    SharpnessTrainingListener.Measurement found = listener.latest().orElseThrow();
                    assertThat(found.step()).isEqualTo(step);
                    double d = found.distances().get(region);
                    assertThat(d).isCloseTo(done.distance(), within(ROUNDING));
                    assertThat(d > 0).isEqualTo(step > 1);
                    assertThat(found.perturbationNorm()).isEqualTo(done.perturbationNorm());
                    assertThat(found.sharpness()).isPositive();
                }
            }
        }
    }

    @Test
    void measuresThePreviousStepOfAnyOptimizer() {
        TestModel kind = TestModel.MLP;
        SharpnessTrainingListener listener = builder(kind, 2).build();
        try (Training training = plain(kind, Training.adam(), listener)) {
            training.step(0);
            NDArray first = logits(training, kind);
            training.step(0);
            training.step(0);
            NDArray third = logits(training, kind);
            training.step(0);
            // measured at the fourth update, between the second and the third
            SharpnessTrainingListener.Measurement found = listener.latest().orElseThrow();
            assertThat(found.step()).isEqualTo(4);
            assertThat(found.perturbationNorm()).isNaN();
            assertThat(found.distances().get("previous_step"))
                    .isPositive()
                    .isLessThan(0.5 * kl(first, third));
        }
        try (Training training = plain(kind, Training.adam(), listener)) {
            training.steps(0, 2);
            NDArray second = logits(training, kind);
            training.step(2);
            NDArray third = logits(training, kind);
            training.step(3);
            double expected = kl(second, third);
            assertThat(expected).isGreaterThan(50 * ROUNDING);
            assertThat(listener.latest().orElseThrow().distances().get("previous_step"))
                    .isCloseTo(expected, within(ROUNDING));
        }
    }

    private static Training plain(
            TestModel kind, Optimizer optimizer, SharpnessTrainingListener listener) {
        return Training.plain(kind, optimizer, config -> config.addTrainingListeners(listener));
    }

    private NDArray logits(Training training, TestModel kind) {
        NDArray input = kind.data(manager, 0, Training.BATCH_SIZE);
        Block block = training.model.getBlock();
        return block.forward(new ParameterStore(manager, false), new NDList(input), false).head();
    }

    private static double kl(NDArray target, NDArray estimate) {
        return Divergences.forwardKl().between(target, estimate).getFloat();
    }

    /** Not one bit of the training changes. */
    @ParameterizedTest
    @ValueSource(strings = {"adam", "asam", "tram-previous", "tram-x", "tram-fisher", "asam+r3f"})
    void trainingStaysTheSame(String method) {
        for (TestModel kind : List.of(TestModel.BATCH_NORM, TestModel.TOKENS)) {
            Map<String, float[]> weights;
            Map<String, float[]> statistics;
            try (Training training = new Training(kind, Training.method(method).build())) {
                training.steps(0, 4);
                weights = training.weights();
                statistics = training.statistics();
            }
            try (Training training =
                    training(kind, Training.method(method).build(), builder(kind, 1).build())) {
                training.steps(0, 4);
                Training.assertSameBits(training.weights(), weights);
                Training.assertSameBits(training.statistics(), statistics);
            }
        }
    }

    /** DJL's optimizers draw dropout masks from the generator that noise could be drawn from. */
    @ParameterizedTest
    @EnumSource(TestModel.class)
    void trainingWithAnyOptimizerStaysTheSame(TestModel kind) {
        Map<String, float[]> weights;
        Map<String, float[]> statistics;
        Engine.getInstance().setRandomSeed(7);
        try (Training training = Training.plain(kind, Training.adam())) {
            training.steps(0, 4);
            weights = training.weights();
            statistics = training.statistics();
        }
        SharpnessTrainingListener.Builder builder = builder(kind, 1);
        for (Noise noise : List.of(Noise.gaussian(0.1f), Noise.uniform(0.1f))) {
            SharpnessTrainingListener listener =
                    builder.optTrustRegions(
                                    TrustRegion.previousStep(),
                                    TrustRegion.pretrained(),
                                    TrustRegion.movingAverage(0.9f),
                                    TrustRegion.noisyInput(noise))
                            .build();
            Engine.getInstance().setRandomSeed(7);
            try (Training training = plain(kind, Training.adam(), listener)) {
                training.steps(0, 4);
                Training.assertSameBits(training.weights(), weights);
                Training.assertSameBits(training.statistics(), statistics);
                assertThat(listener.latest().orElseThrow().distances().get("noisy_input"))
                        .isBetween(1e-7, 1e-1);
            }
        }
    }

    @Test
    void writesToTheMetricsOfTheTrainer() {
        TestModel kind = TestModel.MLP;
        SharpnessTrainingListener listener = builder(kind, 2).build();
        TramOptimizer sam = Training.method("sam").build();
        Metrics metrics = new Metrics();
        try (Training training = training(kind, sam, listener)) {
            training.steps(0, 2);
            assertThat(listener.latest()).isPresent();
            training.trainer.setMetrics(metrics);
            training.steps(2, 7);
        }
        for (String name :
                List.of(
                        "epsilon_sharpness",
                        "distance_previous_step",
                        "distance_pretrained",
                        "distance_moving_average",
                        "distance_noisy_input",
                        "perturbation_norm")) {
            List<Metric> values = metrics.getMetric(name);
            assertThat(values).as(name).hasSize(2);
            assertThat(values).allMatch(value -> value.getValue().doubleValue() > 0);
        }
        assertThat(metrics.getMetric("perturbation_norm").get(0).getValue().doubleValue())
                .isCloseTo(0.05, within(1e-6));
        SharpnessTrainingListener.Measurement latest = listener.latest().orElseThrow();
        assertThat(latest.step()).isEqualTo(6);
        assertThat(latest.sharpness())
                .isEqualTo(metrics.getMetric("epsilon_sharpness").get(1).getValue().doubleValue());
    }

    @Test
    void measuresOncePerAccumulatedUpdate() {
        TestModel kind = TestModel.MLP;
        SharpnessTrainingListener listener = builder(kind, 1).build();
        TramOptimizer tram = Training.method("tram-previous").optAccumulationSteps(3).build();
        Metrics metrics = new Metrics();
        try (Training training = training(kind, tram, listener)) {
            training.trainer.setMetrics(metrics);
            training.steps(0, 3);
            assertThat(listener.latest().orElseThrow().distances().get("previous_step")).isZero();
            training.steps(3, 9);
            assertThat(metrics.getMetric("epsilon_sharpness")).hasSize(3);
            assertThat(listener.latest().orElseThrow().distances().get("previous_step"))
                    .isPositive();
        }
    }

    @Test
    void anotherTrainerStartsAnew() {
        TestModel kind = TestModel.MLP;
        SharpnessTrainingListener listener = builder(kind, 2).build();
        TramOptimizer sam = Training.method("sam").build();
        try (Training training = training(kind, sam, listener)) {
            training.steps(0, 4);
            training.reopen();
            assertThat(listener.latest()).isEmpty();
            training.step(0);
            assertThat(listener.latest()).isEmpty();
            training.step(1);
            assertThat(listener.latest().orElseThrow().step()).isEqualTo(2);
        }
    }

    @Test
    void leavesNoArraysBehind() {
        TestModel kind = TestModel.MLP;
        SharpnessTrainingListener listener = builder(kind, 1).build();
        try (Training plain = new Training(kind, Training.method("sam").build());
                Training training = training(kind, Training.method("sam").build(), listener)) {
            for (Training each : List.of(plain, training)) {
                each.steps(0, 3);
                each.trainer.close();
            }
            assertThat(training.model.getNDManager().getManagedArrays())
                    .hasSameSizeAs(plain.model.getNDManager().getManagedArrays());
        }
    }

    @Test
    void noiseOfNothingIsNoDistance() {
        TestModel kind = TestModel.TOKENS;
        SharpnessTrainingListener listener =
                builder(kind, 1).optTrustRegions(TrustRegion.noisyInput(Noise.gaussian(0))).build();
        try (Training training = training(kind, Training.method("sam").build(), listener)) {
            training.step(0);
            assertThat(listener.latest().orElseThrow().distances())
                    .containsExactly(Map.entry("noisy_input", 0.0));
        }
        SharpnessTrainingListener none = builder(kind, 1).optTrustRegions().build();
        try (Training training = training(kind, Training.method("sam").build(), none)) {
            training.step(0);
            assertThat(none.latest().orElseThrow().distances()).isEmpty();
        }
    }

    @Test
    void distancesAreMeansOverValidPositions() {
        TestModel kind = TestModel.TOKENS;
        SharpnessTrainingListener listener =
                builder(kind, 3)
                        .optTrustRegions(TrustRegion.pretrained())
                        .optValidPositions((inputs, labels) -> labels.head().gt(0))
                        .build();
        try (Training training = plain(kind, Training.sgd(), listener)) {
            NDArray first = logits(training, kind);
            training.steps(0, 2);
            NDArray third = logits(training, kind);
            training.step(2);
            NDArray valid = kind.labels(manager, 0, Training.BATCH_SIZE).gt(0);
            double expected = Divergences.forwardKl().between(first, third, valid).getFloat();
            assertThat(expected).isNotCloseTo(kl(first, third), within(100 * ROUNDING));
            assertThat(listener.latest().orElseThrow().distances().get("pretrained"))
                    .isCloseTo(expected, within(ROUNDING));
        }
    }

    @Test
    void countsValidPositionsOnly() {
        TestModel kind = TestModel.TOKENS;
        // a single position of the first example counts
        SharpnessTrainingListener listener =
                builder(kind, 1)
                        .optTrustRegions(TrustRegion.noisyInput(Noise.gaussian(1)))
                        .optValidPositions((inputs, labels) -> labels.head().mul(0))
                        .build();
        try (Training training = training(kind, Training.method("sam").build(), listener)) {
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("the loss must be finite");
        }
    }

    // ---- misuse ----

    @Test
    void mustComeAfterTheOptimizersListener() {
        TestModel kind = TestModel.MLP;
        TramOptimizer sam = Training.method("sam").build();
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(new PositionLoss())
                        .optOptimizer(sam)
                        .addTrainingListeners(builder(kind, 1).build(), sam.listener());
        try (Training training = Training.with(kind, sam, config)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> training.step(0))
                    .withMessage(
                            "SharpnessTrainingListener must be added after tram.listener(),"
                                    + " received: a configuration with it before");
        }
    }

    @Test
    void servesOneTrainerAtATime() {
        TestModel kind = TestModel.MLP;
        SharpnessTrainingListener listener = builder(kind, 1).build();
        try (Training first = plain(kind, Training.sgd(), listener)) {
            first.steps(0, 2);
            assertThatIllegalStateException()
                    .isThrownBy(() -> plain(kind, Training.sgd(), listener))
                    .withMessageStartingWith(
                            "A SharpnessTrainingListener serves one trainer at a time");
            try (Training other = Training.plain(kind, Training.sgd())) {
                listener.onTrainingEnd(other.trainer);
            }
            first.step(2);
            SharpnessTrainingListener.Measurement found = listener.latest().orElseThrow();
            assertThat(found.step()).isEqualTo(3);
            assertThat(found.distances().get("pretrained")).isPositive();
        }
        try (Training second = plain(kind, Training.sgd(), listener)) {
            second.step(0);
            SharpnessTrainingListener.Measurement found = listener.latest().orElseThrow();
            assertThat(found.step()).isEqualTo(1);
            assertThat(found.distances().get("pretrained")).isZero();
        }
    }

    /** At the weights before the update, of the task loss on the listener's data. */
    @Test
    void measuresTheSharpnessOfTheWeightsBeforeTheUpdate() throws InterruptedException {
        TestModel kind = TestModel.MLP;
        EpsilonSharpness sharpness =
                EpsilonSharpness.builder().setSteps(3).optEpsilon(0.01f).build();
        SharpnessTrainingListener listener =
                SharpnessTrainingListener.builder()
                        .setDataset(data(kind))
                        .setInterval(3)
                        .optSharpness(sharpness)
                        .build();
        try (Training training = training(kind, Training.method("asam+r3f").build(), listener)) {
            training.steps(0, 2);
            double expected;
            try (ModelObjective objective =
                    ModelObjective.builder(training.trainer).setDataset(data(kind)).build()) {
                expected = sharpness.measure(objective).value();
            }
            training.step(2);
            assertThat(listener.latest().orElseThrow().sharpness())
                    .isEqualTo(expected)
                    .isPositive();
        }
    }

    @Test
    void saysWhatIsMissing() {
        SharpnessTrainingListener.Builder builder = SharpnessTrainingListener.builder();
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessage(
                        "SharpnessTrainingListener needs setDataset(...) and setInterval(...),"
                                + " received: no dataset");
        assertThatIllegalStateException()
                .isThrownBy(builder.setDataset(data(TestModel.MLP))::build)
                .withMessageEndingWith("received: no interval");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.setInterval(0))
                .withMessage("interval must be an integer >= 1, received: 0");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                builder.optTrustRegions(
                                        TrustRegion.movingAverage(0.9f),
                                        TrustRegion.movingAverage(0.99f)))
                .withMessageStartingWith("trustRegions must be at most one of each kind");
    }

    @Test
    void anInterruptEndsTheTraining() {
        TestModel kind = TestModel.MLP;
        SharpnessTrainingListener listener = builder(kind, 1).build();
        try (Training training = training(kind, Training.method("sam").build(), listener)) {
            training.step(0);
            Map<String, float[]> before = training.weights();
            Thread.currentThread().interrupt();
            assertThatIllegalStateException()
                    .isThrownBy(() -> training.trainBatch(1))
                    .withMessage("interrupted while the sharpness was measured");
            assertThat(Thread.interrupted()).isTrue();
            Training.assertSameBits(training.weights(), before);
        }
    }
}
