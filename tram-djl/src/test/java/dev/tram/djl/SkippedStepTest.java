package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.EasyTrain;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.core.Ascent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.TrustRegion;
import dev.tram.djl.TramStep.Kind;
import dev.tram.djl.internal.engine.BaseState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A loss, distance or gradient that is not finite: a skipped or a plain step. */
class SkippedStepTest {

    private static final int WARM_UP = 3;

    static List<String> methods() {
        return Methods.names();
    }

    static Stream<String> ascendingMethods() {
        return Methods.names().stream().filter(Training::ascends);
    }

    private static Training training(String method, Optimizer base) {
        return new Training(TestModel.BATCH_NORM, Training.method(method, base).build());
    }

    /** Whether a pass of a step gives nothing but d, or the Fisher information. */
    private static boolean isEvidence(String method, int pass) {
        boolean target =
                method.equals("tram-fisher")
                        || Training.settings(method).measuredRegion().isPresent();
        boolean estimate = method.equals("tram-previous-quarter");
        return (target && pass == 2) || (estimate && pass == 3);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void notANumberInAnyPassSkipsTheStepOrTheAscent(String method) {
        int passes = Training.forwardPasses(method, TestModel.BATCH_NORM, false);
        for (int pass = 1; pass <= passes; pass++) {
            for (float factor : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                Optimizer base = Training.adam();
                try (Training training = training(method, base)) {
                    training.steps(0, WARM_UP);
                    State before = State.of(training, base);
                    training.hook.multiplyAt(pass, factor);
                    TramStep step = training.step(WARM_UP);
                    String where = "pass " + pass + " times " + factor;
                    if (isEvidence(method, pass)) {
                        Kind kind = Training.ascendsByMomentum(method) ? Kind.ASCENDED : Kind.PLAIN;
                        assertThat(step.kind()).as(where).isEqualTo(kind);
                        assertThat(training.tram.skippedSteps()).isZero();
                    } else {
                        assertThat(step.kind()).as(where).isEqualTo(Kind.SKIPPED);
                        assertThat(training.tram.skippedSteps()).isEqualTo(1);
                        before.assertUnchanged(training, base);
                    }
                    checkItGoesOn(training, before);
                }
            }
        }
    }

    private static void checkItGoesOn(Training training, State before) {
        training.step(WARM_UP + 1);
        TramStep later = training.step(WARM_UP + 2);
        assertThat(later.kind()).isNotEqualTo(Kind.SKIPPED);
        assertThat(later.loss()).isFinite();
        assertThat(Training.sameBits(training.weights(), before.weights)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("ascendingMethods")
    void aGradientThatIsNotFiniteAtTheAscendedWeightsSkipsTheStep(String method) {
        Optimizer base = Training.adam();
        try (Training training = training(method, base)) {
            training.steps(0, WARM_UP);
            State before = State.of(training, base);
            boolean once = Training.ascendsByMomentum(method);
            int last = once ? 1 : Training.forwardPasses(method, TestModel.BATCH_NORM, false);
            training.hook.setHook(
                    (pass, outputs) -> pass == last ? withBadGradient(outputs) : outputs);
            TramStep step = training.step(WARM_UP);
            assertThat(step.kind()).isEqualTo(Kind.SKIPPED);
            assertThat(step.loss()).isFinite();
            assertThat(Double.isFinite(step.perturbedLoss())).isEqualTo(!once);
            before.assertUnchanged(training, base);
            checkItGoesOn(training, before);
        }
    }

    @Test
    void aGradientThatIsNotFiniteInTheFirstPassSkipsTheStep() {
        Optimizer base = Training.adam();
        try (Training training = training("sam", base)) {
            training.steps(0, WARM_UP);
            State before = State.of(training, base);
            training.hook.setHook(
                    (pass, outputs) -> pass == 1 ? withBadGradient(outputs) : outputs);
            TramStep step = training.step(WARM_UP);
            assertThat(step.kind()).isEqualTo(Kind.SKIPPED);
            assertThat(step.loss()).isFinite();
            assertThat(step.gradientNorm()).isNaN();
            before.assertUnchanged(training, base);
            checkItGoesOn(training, before);
        }
    }

    /** The same values, but the derivative of √0 is infinite, and 0 · ∞ is not a number. */
    private static NDList withBadGradient(NDList outputs) {
        NDArray logits = outputs.head();
        return new NDList(logits.add(logits.mul(0).sqrt()));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anInfiniteLossInEitherPassSkipsTheStep(int bad) {
        Optimizer base = Training.adam();
        SpoiledLoss loss = new SpoiledLoss();
        TramOptimizer tram = Training.method("sam", base).build();
        try (Training training = new Training(TestModel.BATCH_NORM, tram, loss, config -> {})) {
            training.steps(0, WARM_UP);
            State before = State.of(training, base);
            training.hook.setHook(
                    (pass, outputs) -> {
                        loss.added = pass == bad ? Float.POSITIVE_INFINITY : 0;
                        return outputs;
                    });
            TramStep step = training.step(WARM_UP);
            assertThat(step.kind()).isEqualTo(Kind.SKIPPED);
            assertThat(step.gradientNorm()).isFinite();
            assertThat(bad == 1 ? step.loss() : step.perturbedLoss()).isInfinite();
            before.assertUnchanged(training, base);
            checkItGoesOn(training, before);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void aBadDistanceAloneMakesAPlainStep(float bad) {
        TrustRegion region =
                TrustRegion.pretrained()
                        .withDivergence((target, estimate) -> target.sum().mul(0).add(bad));
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.tram(region))
                        .build();
        try (Training training = new Training(TestModel.MLP, tram);
                Training plain = Training.plain(TestModel.MLP, Training.sgd())) {
            training.steps(0, WARM_UP);
            plain.steps(0, WARM_UP);
            assertThat(tram.lastStep().kind()).isEqualTo(Kind.PLAIN);
            assertThat(Double.valueOf(tram.lastStep().distance())).isEqualTo(Double.valueOf(bad));
            assertThat(tram.plainSteps()).isEqualTo(WARM_UP);
            Training.assertSameBits(training.weights(), plain.weights());
        }
    }

    @Test
    void aBatchSkippedAtTheAscendedWeightsDoesNotEnterTheMeanDistance() {
        Radius radius = Radius.relative(TrustRegion.pretrained(), 0.1f);
        TramOptimizer.Builder builder =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optSelfCheck(false)
                        .optAscent(Ascent.of(Neighborhood.euclidean(), radius));
        try (Training skipping = new Training(TestModel.MLP, builder.build());
                Training finite = new Training(TestModel.MLP, builder.build())) {
            skipping.steps(0, WARM_UP);
            finite.steps(0, WARM_UP);
            skipping.hook.multiplyAt(3, Float.NaN);
            assertThat(skipping.step(WARM_UP).kind()).isEqualTo(Kind.SKIPPED);
            assertThat(skipping.tram.lastStep().distance()).isPositive();
            assertThat(skipping.step(WARM_UP + 1)).isEqualTo(finite.step(WARM_UP + 1));
        }
    }

    /** A step on a batch without a valid position. */
    private static TramStep masked(Training training, int number) {
        try (Batch batch = training.batch(number)) {
            batch.getLabels().head().subi(TestModel.CLASSES);
            EasyTrain.trainBatch(training.trainer, batch);
            training.trainer.step();
        }
        return training.tram.lastStep();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aBatchWithoutAValidPositionIsSkippedAndChangesNothing(String method) {
        Optimizer base = Training.adam();
        TramOptimizer tram =
                Training.method(method, base)
                        .optValidPositions((inputs, labels) -> PositionLoss.valid(labels))
                        .build();
        Optimizer otherBase = Training.adam();
        TramOptimizer other =
                Training.method(method, otherBase)
                        .optValidPositions((inputs, labels) -> PositionLoss.valid(labels))
                        .build();
        try (Training training = new Training(TestModel.BATCH_NORM, tram);
                Training without = new Training(TestModel.BATCH_NORM, other)) {
            training.steps(0, WARM_UP);
            without.steps(0, WARM_UP);
            State before = State.of(training, base);
            TramStep step = masked(training, WARM_UP);
            assertThat(step.kind()).isEqualTo(Kind.SKIPPED);
            assertThat(step.loss()).isFinite();
            assertThat(tram.skippedSteps()).isEqualTo(1);
            before.assertUnchanged(training, base);
            boolean lagged = Training.settings(method).ascent().radius().isLagged();
            if (!lagged && MisuseTest.noisyMethods().noneMatch(method::equals)) {
                assertThat(training.step(WARM_UP + 1)).isEqualTo(without.step(WARM_UP + 1));
                Training.assertSameBits(training.weights(), without.weights());
            }
        }
    }

    /** From 1.8e19 on, the square of a gradient overflows float32; the gradient is finite still. */
    @ParameterizedTest
    @CsvSource({"sgd, 1", "sam, 1", "asam, 1", "sam, 2", "asam, 0.01"})
    void aLargeFiniteGradientIsNotSkipped(String method, float clip) {
        float factor = 1e22f;
        TramOptimizer large =
                Training.method(method, Training.sgd(0.1f / factor))
                        .optMaxGradNorm(clip * factor)
                        .build();
        TramOptimizer usual =
                Training.method(method, Training.sgd(0.1f)).optMaxGradNorm(clip).build();
        SpoiledLoss loss = new SpoiledLoss();
        loss.factor = factor;
        try (Training a = new Training(TestModel.MLP, large, loss, config -> {});
                Training b = new Training(TestModel.MLP, usual)) {
            for (int number = 0; number < 3; number++) {
                TramStep step = a.step(number);
                TramStep expected = b.step(number);
                assertThat(step.kind()).isEqualTo(expected.kind());
                double norm = expected.gradientNorm();
                assertThat(step.gradientNorm() / factor).isCloseTo(norm, within(1e-5 * norm));
                double epsilon = expected.perturbationNorm();
                assertThat(step.perturbationNorm()).isCloseTo(epsilon, within(1e-5));
            }
            assertThat(Training.distance(a.weights(), b.weights())).isLessThan(1e-5);
        }
    }

    @Test
    void stopsAfterTooManyInARowAndNamesTheLastFiniteStep() {
        TramOptimizer tram = Training.method("sam").optMaxSkippedSteps(3).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.step(0);
            training.hook.multiplyAt(1, Float.NaN);
            training.step(1);
            training.hook.multiplyAt(1, Float.NaN);
            training.step(2);
            TramStep finite = training.step(3);
            assertThat(finite.kind()).isEqualTo(Kind.ASCENDED);
            Map<String, float[]> before = training.weights();
            training.hook.setHook((pass, outputs) -> new NDList(outputs.head().mul(Float.NaN)));
            training.step(4);
            training.step(5);
            assertThatThrownBy(() -> training.step(6))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("received: 3")
                    .hasMessageContaining(finite.toString());
            assertThat(tram.skippedSteps()).isEqualTo(5);
            Training.assertSameBits(training.weights(), before);
        }
    }

    @Test
    void saysThatABatchWasSkipped() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.step(0);
            assertThat(Logged.by(() -> skip(training, 1)))
                    .contains("Batch 1 skipped, since loss and gradient are not finite")
                    .contains("loss=NaN", "kind=SKIPPED");
        }
    }

    private static void skip(Training training, int number) {
        training.hook.multiplyAt(1, Float.NaN);
        training.step(number);
    }

    @Test
    void tellsOfFurtherOnesByTheirNumberOnceAnEpoch() {
        Training training = new Training(TestModel.MLP, Training.method("sam").build());
        Runnable epoch = () -> training.trainer.notifyListeners(l -> l.onEpoch(training.trainer));
        skip(training, 0);
        assertThat(
                        Logged.by(
                                () -> {
                                    skip(training, 1);
                                    training.step(2);
                                    skip(training, 3);
                                }))
                .isEmpty();
        assertThat(Logged.by(epoch))
                .contains("Batches skipped since: 2, the latest batch 3; 3 of 4 so far");
        assertThat(Logged.by(epoch)).isEmpty();
        skip(training, 4);
        assertThat(Logged.by(training::close)).contains("skipped since: 1", "4 of 5 so far");
    }

    /** As a masked box regression of an empty box: log 0 times 0, whose derivative is 0. */
    @Test
    void saysThatTheGradientOfALossThatIsNotFiniteMayBe() {
        Loss masked =
                new Loss("masked") {

                    private final Loss loss = new PositionLoss();

                    @Override
                    public NDArray evaluate(NDList labels, NDList predictions) {
                        NDArray infinite = predictions.head().zerosLike().log();
                        NDArray error = infinite.sub(predictions.head()).abs().mul(0);
                        return loss.evaluate(labels, predictions).add(error.sum());
                    }
                };
        TramOptimizer zero = Training.method("sam").optAscent(Ascent.sam(0)).build();
        try (Training training = new Training(TestModel.MLP, zero, masked, config -> {})) {
            assertThat(Logged.by(() -> training.step(0)))
                    .contains("the loss is not finite, though its gradient is")
                    .contains("NDArrays.where");
            assertThat(training.tram.skippedSteps()).isEqualTo(1);
        }
    }

    @Test
    void aSkippedBatchLeavesTheRestOfItsGroup() {
        TramOptimizer tram = Training.method("sam").optAccumulationSteps(3).build();
        TramOptimizer pair = Training.method("sam").optAccumulationSteps(2).build();
        try (Training group = new Training(TestModel.MLP, tram);
                Training finite = new Training(TestModel.MLP, pair)) {
            group.step(0);
            group.hook.multiplyAt(1, Float.NaN);
            assertThat(group.step(1).kind()).isEqualTo(Kind.SKIPPED);
            group.step(2);
            finite.step(0);
            finite.step(2);
            Training.assertSameBits(group.weights(), finite.weights());
        }
    }

    /** All that a step may change. */
    private record State(
            Map<String, float[]> weights,
            Map<String, float[]> statistics,
            Map<String, float[]> moments,
            Map<String, Integer> updateCounts,
            int numUpdate) {

        static State of(Training training, Optimizer base) {
            BaseState state = new BaseState(base);
            Map<String, float[]> moments = new LinkedHashMap<>();
            state.arrays()
                    .forEach(
                            (field, byId) ->
                                    byId.forEach(
                                            (id, byDevice) ->
                                                    moments.put(
                                                            field + id,
                                                            byDevice.get(training.device())
                                                                    .toFloatArray())));
            assertThat(moments).isNotEmpty();
            return new State(
                    training.weights(),
                    training.statistics(),
                    moments,
                    Map.copyOf(state.updateCounts()),
                    state.numUpdate());
        }

        void assertUnchanged(Training training, Optimizer base) {
            State now = of(training, base);
            Training.assertSameBits(now.weights, weights);
            Training.assertSameBits(now.statistics, statistics);
            Training.assertSameBits(now.moments, moments);
            assertThat(now.updateCounts).isEqualTo(updateCounts);
            assertThat(now.numUpdate).isEqualTo(numUpdate);
            assertThat(training.gradients().values())
                    .allSatisfy(gradient -> assertThat(gradient).containsOnly(0f));
        }
    }

    /** A loss to which a number is added. */
    private static final class SpoiledLoss extends Loss {

        private final Loss loss = new PositionLoss();
        private float added;
        private float factor = 1;

        SpoiledLoss() {
            super("SpoiledLoss");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return loss.evaluate(labels, predictions).mul(factor).add(added);
        }
    }
}
