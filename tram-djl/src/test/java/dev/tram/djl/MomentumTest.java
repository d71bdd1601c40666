package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.GradientCollector;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Direction;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.djl.TramStep.Kind;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Ascents before the first pass: θ comes back bit for bit whatever the user's program does. */
class MomentumTest {

    private static final Noise NOISE = Noise.gaussian(0.1f);

    static Stream<TrustRegion> regions() {
        return Stream.of(
                TrustRegion.previousStep(),
                TrustRegion.pretrained(),
                TrustRegion.movingAverage(0.9f),
                TrustRegion.noisyInput(NOISE));
    }

    private static Ascent msam() {
        return Ascent.sam(0.3f).withDirection(Direction.momentum());
    }

    private static Ascent lagged(TrustRegion region) {
        return Ascent.of(Neighborhood.adaptive(), Radius.distance(region).lagged().atMost(1f))
                .withDirection(Direction.momentum());
    }

    private static TramOptimizer.Builder builder(Ascent ascent) {
        return TramOptimizer.builder().setBaseOptimizer(Training.adam()).optAscent(ascent);
    }

    private static Training training(TestModel model) {
        Training training = new Training(model, builder(msam()).build());
        training.steps(0, 3);
        assertThat(training.tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
        return training;
    }

    private static Map<String, float[]> weightsDuring(Training training) {
        Map<String, float[]> seen = new ConcurrentHashMap<>();
        training.hook.setHook(
                (pass, outputs) -> {
                    seen.putAll(training.weights());
                    return outputs;
                });
        return seen;
    }

    @ParameterizedTest
    @EnumSource(
            value = TestModel.class,
            names = {"MLP", "DROPOUT", "BATCH_NORM", "TOKENS"})
    void takesOnePassAtThetaPlusEpsilon(TestModel model) {
        try (Training training = training(model)) {
            Map<String, float[]> theta = training.weights();
            Map<String, float[]> seen = weightsDuring(training);
            training.hook.resetPasses();
            training.trainer.resetBackwards();
            training.trainBatch(3);
            assertThat(training.hook.passes()).isEqualTo(1);
            assertThat(training.trainer.backwards()).isEqualTo(1);
            Training.assertSameBits(training.weights(), theta);
            TramStep step = training.tram.lastStep();
            assertThat(step.perturbationNorm()).isCloseTo(0.3, within(1e-5));
            assertThat(step.realisedNorm()).isCloseTo(0.3, within(1e-4));
            assertThat(Training.distance(seen, theta)).isCloseTo(0.3, within(1e-4));
        }
    }

    @Test
    void aLossThatThrowsLeavesTheNextBatchAsItWas() {
        try (Training failed = training(TestModel.MLP);
                Training other = training(TestModel.MLP)) {
            Training.assertSameBits(failed.weights(), other.weights());
            try (Batch batch = failed.batch(7)) {
                failed.trainer.forward(batch.getData(), batch.getLabels());
            }
            failed.steps(3, 6);
            other.steps(3, 6);
            Training.assertSameBits(failed.weights(), other.weights());
            assertThat(failed.tram.lastStep()).isEqualTo(other.tram.lastStep());
        }
    }

    @ParameterizedTest
    @MethodSource("regions")
    void aLossThatThrowsKeepsTheLag(TrustRegion region) {
        try (Training failed = new Training(TestModel.MLP, builder(lagged(region)).build());
                Training other = new Training(TestModel.MLP, builder(lagged(region)).build())) {
            failed.steps(0, 4);
            other.steps(0, 4);
            try (Batch batch = failed.batch(9)) {
                failed.trainer.forward(batch.getData(), batch.getLabels());
            }
            failed.steps(4, 7);
            other.steps(4, 7);
            Training.assertSameBits(failed.weights(), other.weights());
        }
    }

    @Test
    void aStepWithoutListenerIsRefusedAtTheta() {
        try (Training training = training(TestModel.MLP)) {
            Map<String, float[]> theta = training.weights();
            try (Batch batch = training.batch(3)) {
                forwardAndBackward(training, batch);
                assertThat(Training.sameBits(training.weights(), theta)).isFalse();
                assertThatThrownBy(training.trainer::step)
                        .isInstanceOf(IllegalStateException.class);
            }
            Training.assertSameBits(training.weights(), theta);
        }
    }

    private static NDList forwardAndBackward(Training training, Batch batch) {
        try (GradientCollector collector = training.trainer.newGradientCollector()) {
            NDList outputs = training.trainer.forward(batch.getData(), batch.getLabels());
            collector.backward(training.trainer.getLoss().evaluate(batch.getLabels(), outputs));
            return outputs;
        }
    }

    /** Evaluation between forward and backward is at θ, and the backward pass still works. */
    @ParameterizedTest
    @EnumSource(
            value = TestModel.class,
            names = {"MLP", "DROPOUT", "TOKENS"})
    void evaluatesAtThetaBetweenForwardAndBackward(TestModel model) {
        try (Training training = training(model);
                Training other = training(model);
                Batch batch = training.batch(3);
                Batch validation = training.batch(20)) {
            float[] expected = evaluate(training, validation);
            NDList outputs;
            try (GradientCollector collector = training.trainer.newGradientCollector()) {
                outputs = training.trainer.forward(batch.getData(), batch.getLabels());
                assertThat(evaluate(training, validation)).containsExactly(expected);
                collector.backward(training.trainer.getLoss().evaluate(batch.getLabels(), outputs));
            }
            assertThat(evaluate(training, validation)).containsExactly(expected);
            training.trainer.notifyListeners(
                    listener ->
                            listener.onTrainingBatch(
                                    training.trainer, batchData(training, batch, outputs)));
            training.trainer.step();
            if (!model.hasTwoModes()) {
                other.step(3);
                Training.assertSameBits(training.weights(), other.weights());
            }
        }
    }

    private static BatchData batchData(Training training, Batch batch, NDList outputs) {
        BatchData data = new BatchData(batch, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
        data.getLabels().put(training.trainer.getDevices()[0], batch.getLabels());
        data.getPredictions().put(training.trainer.getDevices()[0], outputs);
        return data;
    }

    private static float[] evaluate(Training training, Batch batch) {
        NDArray outputs = training.trainer.evaluate(batch.getData()).head();
        return outputs.toFloatArray();
    }

    @Test
    void savesThetaAtAnyMoment(@TempDir Path folder) throws IOException {
        try (Training training = training(TestModel.MLP);
                Batch batch = training.batch(3)) {
            byte[] expected = saved(training);
            Path before = folder.resolve("before");
            training.tram.save(before);
            forwardAndBackward(training, batch);
            assertThat(saved(training)).isEqualTo(expected);
            Path during = folder.resolve("during");
            training.tram.save(during);
            assertThat(during).hasSameBinaryContentAs(before);
            assertThat(saved(training)).isEqualTo(expected);
        }
    }

    private static byte[] saved(Training training) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        training.model.getBlock().saveParameters(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    /** An interrupt at θ + ε is left to the program: the step is done, and θ is what is saved. */
    @Test
    void anInterruptAtThetaPlusEpsilonChangesNothing(@TempDir Path folder) throws IOException {
        try (Training disturbed = training(TestModel.MLP);
                Training other = training(TestModel.MLP)) {
            Map<String, float[]> theta = disturbed.weights();
            disturbed.hook.setHook(
                    (pass, outputs) -> {
                        Thread.currentThread().interrupt();
                        return outputs;
                    });
            disturbed.trainBatch(3);
            Training.assertSameBits(disturbed.weights(), theta);
            disturbed.trainer.step();
            assertThatThrownBy(() -> disturbed.tram.save(folder.resolve("state")))
                    .hasMessageContaining("must not be interrupted");
            assertThat(Thread.interrupted()).isTrue();
            disturbed.hook.setHook((pass, outputs) -> outputs);
            disturbed.steps(4, 6);
            other.steps(3, 6);
            Training.assertSameBits(disturbed.weights(), other.weights());
        }
    }

    @Test
    void closingRestoresTheta() {
        Training training = training(TestModel.MLP);
        Map<String, float[]> theta = training.weights();
        try (Batch batch = training.batch(3)) {
            forwardAndBackward(training, batch);
        }
        training.trainer.close();
        Training.assertSameBits(training.weights(), theta);
        training.model.close();
    }

    /** A measurement that fails at θ + ε. */
    @Test
    void aFailingTargetPassRestoresTheta() {
        Ascent ascent = lagged(TrustRegion.noisyInput(NOISE));
        try (Training training = new Training(TestModel.MLP, builder(ascent).build())) {
            training.steps(0, 3);
            Map<String, float[]> theta = training.weights();
            training.hook.failAt(2);
            assertThatThrownBy(() -> training.trainBatch(3))
                    .isInstanceOf(HookBlock.TestFailure.class);
            Training.assertSameBits(training.weights(), theta);
            assertThat(training.step(4).kind()).isEqualTo(Kind.ASCENDED);
        }
    }

    /** The radius of a step is d of the one before, and of none after a skipped one. */
    @ParameterizedTest
    @MethodSource("regions")
    void theRadiusIsTheEarlierDistance(TrustRegion region) {
        try (Training training = new Training(TestModel.MLP, builder(lagged(region)).build())) {
            double lag = 0;
            for (int number = 0; number < 6; number++) {
                TramStep step = training.step(number);
                assertThat(step.radius()).as("step %d", number).isEqualTo(number == 0 ? 0 : lag);
                assertThat(step.kind())
                        .isEqualTo(number > 0 && lag > 0 ? Kind.ASCENDED : Kind.PLAIN);
                lag = step.distance();
            }
            Map<String, float[]> theta = training.weights();
            training.hook.setHook((pass, outputs) -> new NDList(outputs.head().mul(Float.NaN)));
            assertThat(training.step(6).kind()).isEqualTo(Kind.SKIPPED);
            Training.assertSameBits(training.weights(), theta);
            training.hook.setHook((pass, outputs) -> outputs);
            TramStep next = training.step(7);
            assertThat(next.kind()).isEqualTo(Kind.PLAIN);
            assertThat(next.radius()).isZero();
            assertThat(training.step(8).radius()).isEqualTo(next.distance());
        }
    }

    /** What the schedule holds back measures nothing; the lag stays. */
    @Test
    void heldBackStepsMeasureNothing() {
        Ascent ascent = lagged(TrustRegion.previousStep()).withSchedule(Schedule.every(2));
        try (Training training = new Training(TestModel.MLP, builder(ascent).build())) {
            training.steps(0, 3);
            double lag = training.tram.lastStep().distance();
            training.hook.resetPasses();
            assertThat(training.step(3).distance()).isNaN();
            assertThat(training.hook.passes()).isEqualTo(1);
            assertThat(training.step(4).radius()).isEqualTo(lag);
        }
    }

    @Test
    void whatMomentumCannotDoIsRefused() {
        Ascent ascent = msam();
        assertThatThrownBy(
                        () ->
                                TramOptimizer.builder()
                                        .setBaseOptimizer(Training.sgd())
                                        .optAscent(ascent)
                                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("needs a base optimizer with momentum");
        assertThatThrownBy(() -> builder(ascent).optDescent(Descent.gap(0.4f)).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("goes with Descent.ascended()");
        assertThatThrownBy(() -> ascent.withSchedule(Schedule.adaptive(0.9f, -1, 1, 10)))
                .hasMessageContaining("received: Adaptive");
        for (Neighborhood refused :
                new Neighborhood[] {
                    Neighborhood.fisher(0.1f),
                    Neighborhood.fisher(0.1f, NOISE),
                    Neighborhood.preconditioned()
                }) {
            assertThatThrownBy(
                            () ->
                                    Ascent.of(refused, Radius.fixed(0.1f))
                                            .withDirection(Direction.momentum()))
                    .hasMessageContaining("Euclidean or adaptive");
        }
        for (Radius refused :
                new Radius[] {
                    Radius.unnormalised(0.1f), Radius.distance(TrustRegion.previousStep())
                }) {
            assertThatThrownBy(
                            () ->
                                    Ascent.of(Neighborhood.euclidean(), refused)
                                            .withDirection(Direction.momentum()))
                    .hasMessageContaining("radius of a momentum ascent");
        }
        assertThatThrownBy(
                        () ->
                                Ascent.of(
                                        Neighborhood.euclidean(),
                                        Radius.distance(TrustRegion.previousStep()).lagged()))
                .hasMessageContaining("bounded by atMost");
        assertThatThrownBy(() -> Radius.fixed(1f).lagged())
                .hasMessageContaining("of a trust region's distance");
    }

    /** Running statistics move once, in the one pass, which is at θ + ε. */
    @Test
    void statisticsAreThoseOfOnePassAtThetaPlusEpsilon() {
        try (Training training = training(TestModel.BATCH_NORM);
                Training clean = Training.plain(TestModel.BATCH_NORM, Training.sgd());
                Batch batch = clean.batch(3)) {
            for (int i = 0; i < training.hook.getParameters().size(); i++) {
                clean.parameter(i).getArray().set(training.parameter(i).getArray().toFloatArray());
            }
            Map<String, float[]> seen = weightsDuring(training);
            training.step(3);
            clean.setWeights(seen);
            clean.trainer.forward(batch.getData(), batch.getLabels());
            Training.assertSameBits(training.statistics(), clean.statistics());
        }
    }

    /** What a closure computes of the weights before it runs the model is at θ + ε, too. */
    @Test
    void aClosureSeesThetaPlusEpsilonFromTheStart() {
        try (Training training = new Training(TestModel.MLP, builder(msam()).build())) {
            for (int number = 0; number < 3; number++) {
                Map<String, float[]> theta = training.weights();
                Map<String, float[]> first = new ConcurrentHashMap<>();
                try (Batch batch = training.batch(number)) {
                    TramStep step =
                            training.tram.step(
                                    training.trainer,
                                    batch,
                                    () -> {
                                        first.putAll(training.weights());
                                        NDArray weight = training.parameter(0).getArray();
                                        NDArray term = weight.square().sum();
                                        NDList outputs =
                                                training.trainer.forward(
                                                        batch.getData(), batch.getLabels());
                                        return training.trainer
                                                .getLoss()
                                                .evaluate(batch.getLabels(), outputs)
                                                .add(term.mul(1e-3f));
                                    });
                    double norm = number == 0 ? 0 : 0.3;
                    assertThat(step.perturbationNorm()).isCloseTo(norm, within(1e-5));
                    assertThat(Training.distance(first, theta)).isCloseTo(norm, within(1e-4));
                }
            }
        }
    }

    /** SGD's momentum holds the learning rate, Adam's its first moment: ε is along either. */
    @Test
    void climbsAgainstTheMomentum() {
        Optimizer sgd =
                Optimizer.sgd()
                        .setLearningRateTracker(Tracker.fixed(0.05f))
                        .optMomentum(0.9f)
                        .build();
        try (Training training =
                new Training(
                        TestModel.MLP,
                        TramOptimizer.builder().setBaseOptimizer(sgd).optAscent(msam()).build())) {
            Map<String, float[]> before = training.weights();
            training.step(0);
            Map<String, float[]> theta = training.weights();
            double length = Training.distance(theta, before);
            Map<String, float[]> seen = weightsDuring(training);
            training.step(1);
            seen.forEach(
                    (name, values) -> {
                        for (int i = 0; i < values.length; i++) {
                            // The first update is −m, so ε = −ρ m/‖m‖ goes on along it.
                            double update = theta.get(name)[i] - before.get(name)[i];
                            double expected = theta.get(name)[i] + 0.3 * update / length;
                            assertThat((double) values[i]).isCloseTo(expected, within(1e-5));
                        }
                    });
        }
    }
}
