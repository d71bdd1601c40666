package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.dataset.Batch;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.training.loss.Loss;
import ai.djl.training.loss.SimpleCompositeLoss;
import dev.tram.core.Ascent;
import dev.tram.core.Divergences;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The penalty is in the loss of training passes and nowhere else. */
class PenaltyTest {

    private static final float LAMBDA = 100f;

    static Stream<String> penalties() {
        return Stream.of("trpo", "r3f", "mesa", "asam+trpo", "asam+r3f", "asam+mesa");
    }

    private static TramOptimizer heavy(String method) {
        Method named = Methods.named(method);
        Method penalty = Training.changed(named, HyperParameter.LAMBDA, LAMBDA);
        return Training.changed(penalty, HyperParameter.SIGMA, 0.5f)
                .builder()
                .setBaseOptimizer(Training.sgd(0.01f))
                .build();
    }

    private static Training training(String method) {
        return new Training(
                TestModel.MLP,
                heavy(method),
                new PositionLoss(),
                config ->
                        config.addTrainingListeners(new EvaluatorTrainingListener())
                                .addEvaluator(new Accuracy()));
    }

    /** The task loss at the present weights, from evaluation mode. */
    private static double taskLoss(Training training, int number) {
        try (Batch batch = training.batch(number)) {
            NDList outputs = training.trainer.evaluate(batch.getData());
            return new PositionLoss().evaluate(batch.getLabels(), outputs).getFloat();
        }
    }

    @ParameterizedTest
    @MethodSource("penalties")
    void trainingEvaluatorsSeeTheTaskLoss(String method) {
        try (Training training = training(method)) {
            training.step(0);
            Loss loss = training.trainer.getLoss();
            loss.resetAccumulator(EvaluatorTrainingListener.TRAIN_ALL);
            double task = taskLoss(training, 1);
            TramStep step = training.step(1);
            assertThat(step.distance()).isPositive();
            assertThat(step.loss()).isCloseTo(task + LAMBDA * step.distance(), within(1e-5));
            assertThat(step.loss()).isGreaterThan(task + 1e-4);
            assertThat((double) loss.getAccumulator(EvaluatorTrainingListener.TRAIN_ALL))
                    .isCloseTo(task, within(Rounding.of(16, task)));
        }
    }

    @ParameterizedTest
    @MethodSource("penalties")
    void validationSeesTheTaskLoss(String method) {
        try (Training training = training(method)) {
            training.steps(0, 3);
            double task = taskLoss(training, 7);
            training.hook.resetPasses();
            try (Batch batch = training.batch(7)) {
                EasyTrain.validateBatch(training.trainer, batch);
            }
            assertThat(training.hook.passes()).isEqualTo(1);
            float validated =
                    training.trainer
                            .getLoss()
                            .getAccumulator(EvaluatorTrainingListener.VALIDATE_EPOCH);
            assertThat((double) validated).isCloseTo(task, within(Rounding.of(16, task)));
        }
    }

    @ParameterizedTest
    @MethodSource("penalties")
    void theLossIsTheTaskLossAgainAfterABatch(String method) {
        try (Training training = training(method)) {
            training.steps(0, 2);
            assertIsTaskLoss(training);
        }
    }

    @ParameterizedTest
    @MethodSource("penalties")
    void theLossIsTheTaskLossAgainAfterAFailure(String method) {
        try (Training training = training(method)) {
            training.steps(0, 2);
            training.trainer.failBackwardAt(1);
            assertThatThrownBy(() -> training.trainBatch(2))
                    .isInstanceOf(HookBlock.TestFailure.class);
            training.trainer.close();
            assertIsTaskLoss(training);
        }
    }

    private static void assertIsTaskLoss(Training training) {
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            Loss loss = training.trainer.getLoss();
            NDList labels = new NDList(training.kind.labels(manager, 3, 8));
            NDList outputs = new NDList(training.kind.data(manager, 3, 8).get(":, :3"));
            assertThat(loss.evaluate(labels, outputs).getFloat())
                    .isEqualTo(new PositionLoss().evaluate(labels, outputs).getFloat());
        }
    }

    @ParameterizedTest
    @MethodSource("penalties")
    void theGradientIsThatOfThePenalizedLoss(String method) {
        try (Training penalized = training(method);
                Training task = training(method.startsWith("asam") ? "asam" : "adam")) {
            penalized.steps(0, 3);
            task.steps(0, 3);
            assertThat(Training.distance(penalized.weights(), task.weights())).isGreaterThan(1e-5);
        }
    }

    /** Without an ascent, no second pass would notice that the penalty is missing. */
    @ParameterizedTest
    @ValueSource(strings = {"mesa", "trpo", "r3f", "asam+mesa"})
    void refusesALoopThatDescendsAnotherLossThanTheOneWithThePenalty(String method) {
        try (Training training = new Training(TestModel.MLP, Training.method(method).build());
                Batch batch = training.batch(0)) {
            Map<String, float[]> before = training.weights();
            NDList outputs;
            try (GradientCollector collector = training.trainer.newGradientCollector()) {
                outputs = training.trainer.forward(batch.getData(), batch.getLabels());
                collector.backward(new PositionLoss().evaluate(batch.getLabels(), outputs));
            }
            BatchData data =
                    new BatchData(
                            batch,
                            Map.of(training.device(), batch.getLabels()),
                            Map.of(training.device(), outputs));
            assertThatThrownBy(
                            () ->
                                    training.trainer.notifyListeners(
                                            l -> l.onTrainingBatch(training.trainer, data)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("must take the gradient of trainer.getLoss()");
            training.step(1);
            assertThat(Training.sameBits(training.weights(), before)).isFalse();
        }
    }

    /** What is reported is then the sum that the second pass has, too. */
    @Test
    void theLossOfASumOfLossesIsTheSum() {
        TramOptimizer sam = Training.method("sam").build();
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(
                                new SimpleCompositeLoss()
                                        .addLoss(sam.loss(new PositionLoss()))
                                        .addLoss(new PositionLoss()))
                        .optOptimizer(sam)
                        .addTrainingListeners(sam.listener());
        TramOptimizer alone = Training.method("sam").build();
        try (Training sum = Training.with(TestModel.MLP, sam, config);
                Training one = new Training(TestModel.MLP, alone)) {
            one.setWeights(sum.weights());
            double expected = 2 * one.step(0).loss();
            assertThat(sum.step(0).loss()).isCloseTo(expected, within(1e-6));
        }
    }

    @Test
    void theTwoPassesOfACombinationShareTheNoise() {
        List<NDArray> drawn = new ArrayList<>();
        TrustRegion noisy =
                TrustRegion.noisyInput(
                        (manager, shape) -> {
                            NDArray z = manager.randomNormal(shape).mul(0.1);
                            drawn.add(z);
                            return z;
                        });
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.asam(0.5f))
                        .optPenalty(TrustRegionPenalty.of(noisy))
                        .build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.step(0);
            assertThat(drawn).hasSize(1);
            training.step(1);
            assertThat(drawn).hasSize(2);
        }
    }

    private static TramOptimizer withNoisyPenalty(Radius radius, TramOptimizer.Builder builder) {
        TrustRegion noisy = TrustRegion.noisyInput(Noise.gaussian(0.5f));
        return builder.setBaseOptimizer(Training.sgd())
                .optAscent(Ascent.of(Neighborhood.adaptive(), radius))
                .optPenalty(TrustRegionPenalty.of(noisy))
                .build();
    }

    @Test
    void theRadiusIsTheDistanceOfItsOwnTrustRegion() {
        Radius radius = Radius.distance(TrustRegion.previousStep());
        try (Training combined =
                        new Training(
                                TestModel.MLP, withNoisyPenalty(radius, TramOptimizer.builder()));
                Training penalized =
                        new Training(
                                TestModel.MLP,
                                withNoisyPenalty(Radius.fixed(0), TramOptimizer.builder()))) {
            TramStep first = combined.step(0);
            assertThat(penalized.step(0).distance()).isPositive();
            assertThat(first.distance()).isZero();
            assertThat(first.radius()).isZero();
            assertThat(first.kind()).isEqualTo(TramStep.Kind.PLAIN);
            Training.assertSameBits(combined.weights(), penalized.weights());
            TramStep second = combined.step(1);
            assertThat(second.radius()).isPositive().isEqualTo(second.distance());
            assertThat(second.distance()).isNotEqualTo(penalized.step(1).distance());
        }
    }

    @Test
    void aRelativeRadiusKnowsNothingOfThePenaltysDistance() {
        Radius radius = Radius.relative(TrustRegion.previousStep(), 0.25f);
        TrustRegion noisy = TrustRegion.noisyInput(Noise.gaussian(0.5f));
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(
                                Ascent.of(Neighborhood.adaptive(), radius)
                                        .withSchedule(Schedule.from(2)))
                        .optPenalty(TrustRegionPenalty.of(noisy))
                        .build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            TramStep plain = training.step(0);
            assertThat(plain.distance()).isNaN();
            training.step(1);
            TramStep ascended = training.step(2);
            assertThat(ascended.distance()).isPositive();
            assertThat(ascended.radius()).isEqualTo(0.25f);
        }
    }

    @Test
    void anAverageThatTwoTrustRegionsShareMovesOnce() {
        TrustRegion average = TrustRegion.movingAverage(0.5f);
        TrustRegionPenalty penalty =
                new TrustRegionPenalty(average.withDivergence(Divergences.reverseKl()), 0f);
        TramOptimizer.Builder builder =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd(1f))
                        .optAscent(Ascent.tram(average));
        TramOptimizer alone = builder.build();
        TramOptimizer both = builder.optPenalty(penalty).build();
        try (Training expected = new Training(TestModel.MLP, alone);
                Training training = new Training(TestModel.MLP, both)) {
            for (int number = 0; number < 4; number++) {
                double distance = expected.step(number).distance();
                assertThat(training.step(number).distance()).isEqualTo(distance);
            }
            assertThat(expected.tram.lastStep().distance()).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"trpo", "asam+r3f"})
    void aForgottenLossIsRefused(String method) {
        TramOptimizer tram = heavy(method);
        try (Training training = Training.withLoss(TestModel.MLP, tram, new PositionLoss())) {
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("loss must be tram.loss(taskLoss)")
                    .hasMessageContaining("received: a loss without the penalty");
        }
    }

    @Test
    void theLossOfAnotherPenaltyIsRefused() {
        TramOptimizer tram = heavy("trpo");
        Loss others = heavy("mesa").loss(new PositionLoss());
        try (Training training = Training.withLoss(TestModel.MLP, tram, others)) {
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("received: another penalty");
        }
        TramOptimizer none = Training.method("sam").build();
        try (Training training = Training.withLoss(TestModel.MLP, none, others)) {
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("received: another penalty");
        }
    }

    @Test
    void needsATrustRegionAndAWeight() {
        assertThatThrownBy(() -> TrustRegionPenalty.of(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("trustRegion");
        assertThatThrownBy(() -> TrustRegionPenalty.of(TrustRegion.pretrained()).withWeight(-1f))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("received: -1.0");
        TrustRegionPenalty penalty = TrustRegionPenalty.of(TrustRegion.pretrained());
        assertThat(penalty.weight()).isEqualTo(0.1f);
        assertThat(penalty.trustRegion()).isEqualTo(TrustRegion.pretrained());
    }
}
