package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Divergences;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.TrustRegion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What changes or fails in mid-run leaves nothing behind that later steps compute with. */
class MidRunChangesTest {

    @TempDir private Path folder;

    private static Training accumulating() {
        return new Training(
                TestModel.MLP,
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.none())
                        .optAccumulationSteps(2)
                        .build());
    }

    @Test
    void theSumOfAThawedParametersGradientsStartsAtZero() {
        try (Training thawed = accumulating();
                Training fresh = accumulating()) {
            thawed.parameter(0).freeze(true);
            thawed.steps(0, 2);
            thawed.parameter(0).freeze(false);
            fresh.setWeights(thawed.weights());
            thawed.steps(2, 4);
            fresh.steps(2, 4);
            Training.assertSameBits(thawed.weights(), fresh.weights());
        }
    }

    /** With the value from before its last update, d stayed at 3e-3. */
    @Test
    void thePreviousStepOfAFrozenParameterIsItself() {
        Tracker rate = number -> number < 3 ? 0.5f : 1e-12f;
        TramOptimizer tram =
                Training.method(
                                "tram-previous",
                                Optimizer.sgd().setLearningRateTracker(rate).build())
                        .build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.steps(0, 2);
            assertThat(training.tram.lastStep().distance()).isGreaterThan(1e-4);
            training.parameter(0).freeze(true);
            training.steps(2, 8);
            assertThat(training.tram.lastStep().distance()).isLessThan(1e-6);
        }
    }

    private static final int FROZEN = 3;
    private static final int THAWED = 6;
    private static final int STEPS = 8;

    static Stream<Arguments> methodsAndStops() {
        return Methods.names().stream()
                .flatMap(name -> Stream.of(FROZEN, 5, 7).map(stop -> Arguments.of(name, stop)));
    }

    private static Training averaging(String method) {
        return new Training(
                TestModel.MLP,
                Training.method(method, Training.adam())
                        .optWeightAverage(WeightAverage.exponential(0.9f))
                        .build());
    }

    private static void freezeFirstLayer(Training training, boolean frozen) {
        training.parameter(0).freeze(frozen);
        training.parameter(1).freeze(frozen);
    }

    /** Steps, during some of which the first layer is frozen. */
    private static void steps(Training training, int from, int to) {
        for (int number = from; number < to; number++) {
            freezeFirstLayer(training, number >= FROZEN && number < THAWED);
            training.step(number);
        }
    }

    @ParameterizedTest(name = "{0} stopped at {1}")
    @MethodSource("methodsAndStops")
    void resumesBitForBitWhileParametersFreezeAndThaw(String method, int stop) throws IOException {
        Path file = folder.resolve("frozen");
        Map<String, float[]> whole;
        Map<String, float[]> average;
        try (Training training = averaging(method)) {
            steps(training, 0, stop);
            freezeFirstLayer(training, stop < THAWED);
            training.tram.save(file);
            steps(training, stop, STEPS);
            whole = training.weights();
            average = shown(training);
        }
        try (Training training = averaging(method)) {
            freezeFirstLayer(training, stop < THAWED);
            training.tram.load(file);
            steps(training, stop, STEPS);
            Training.assertSameBits(training.weights(), whole);
            Training.assertSameBits(shown(training), average);
        }
    }

    static Stream<Arguments> methodsAndChanges() {
        return Methods.names().stream()
                .flatMap(name -> Stream.of(FROZEN, THAWED).map(stop -> Arguments.of(name, stop)));
    }

    /** Saved and loaded before the first layer freezes or thaws, which it does before the batch. */
    @ParameterizedTest(name = "{0} stopped at {1}")
    @MethodSource("methodsAndChanges")
    void resumesBitForBitWhereParametersFreezeOrThawBeforeTheFirstBatch(String method, int stop)
            throws IOException {
        Path file = folder.resolve("changed");
        Map<String, float[]> whole;
        Map<String, float[]> average;
        try (Training training = averaging(method)) {
            steps(training, 0, stop);
            training.tram.save(file);
            steps(training, stop, STEPS);
            whole = training.weights();
            average = shown(training);
        }
        try (Training training = averaging(method)) {
            freezeFirstLayer(training, stop == THAWED);
            training.tram.load(file);
            steps(training, stop, STEPS);
            Training.assertSameBits(training.weights(), whole);
            Training.assertSameBits(shown(training), average);
        }
    }

    /** θ is a copy in float32 there, which a frozen parameter has none of. */
    @ParameterizedTest
    @ValueSource(ints = {FROZEN, THAWED})
    void resumesBitForBitInFloat16(int stop) throws IOException {
        Path file = folder.resolve("float16");
        Map<String, float[]> whole;
        try (Training training = float16()) {
            steps(training, 0, stop);
            training.tram.save(file);
            steps(training, stop, STEPS);
            whole = training.weights();
        }
        try (Training training = float16()) {
            freezeFirstLayer(training, stop == THAWED);
            training.tram.load(file);
            steps(training, stop, STEPS);
            Training.assertSameBits(training.weights(), whole);
        }
    }

    private static Training float16() {
        Block block =
                new SequentialBlock()
                        .addSingleton(x -> x.toType(DataType.FLOAT16, false))
                        .add(TestModel.MLP.newBlock());
        TramOptimizer tram = Training.method("asam+mesa", Training.adam()).build();
        return Training.of(TestModel.MLP, block, DataType.FLOAT16, tram, new PositionLoss());
    }

    @Test
    void aChangeWithinAnAccumulatedGroupIsRefusedAfterLoadToo() throws IOException {
        Path file = folder.resolve("group");
        try (Training training = accumulating()) {
            training.step(0);
            training.tram.save(file);
        }
        try (Training training = accumulating()) {
            training.tram.load(file);
            freezeFirstLayer(training, true);
            assertThatThrownBy(() -> training.step(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("must stay the same within a group of 2")
                    .hasMessageEndingWith("received: a change after 1");
            freezeFirstLayer(training, false);
            training.step(1);
            assertThat(training.tram.lastStep().kind()).isEqualTo(TramStep.Kind.PLAIN);
        }
    }

    private static Map<String, float[]> shown(Training training) {
        Map<String, float[]> trained = training.weights();
        Map<String, float[]> average;
        try (TramOptimizer.Shown scope = training.tram.showWeightAverage()) {
            average = training.weights();
        }
        Training.assertSameBits(training.weights(), trained);
        return average;
    }

    /** θ̄ ← 0.9 θ̄ + 0.1 θ, whose θ stands still. */
    @Test
    void theAverageOfAFrozenParameterGoesOn() {
        try (Training training = averaging("sam")) {
            Map<String, float[]> expected = training.weights();
            for (int number = 0; number < THAWED; number++) {
                steps(training, number, number + 1);
                Map<String, float[]> now = training.weights();
                expected.forEach(
                        (name, values) -> {
                            for (int i = 0; i < values.length; i++) {
                                values[i] = 0.9f * values[i] + 0.1f * now.get(name)[i];
                            }
                        });
            }
            assertThat(Training.distance(shown(training), expected)).isLessThan(1e-6);
        }
    }

    /** Where θ̄ kept the frozen parameters' last averages, d stayed at 1e-3. */
    @Test
    void theDistanceFromAMovingAverageVanishesWhereAllStandsStill() {
        Tracker rate = number -> number < 4 ? 0.5f : 1e-12f;
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Optimizer.sgd().setLearningRateTracker(rate).build())
                        .optAscent(Ascent.tram(TrustRegion.movingAverage(0.5f)))
                        .build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.steps(0, 3);
            assertThat(training.tram.lastStep().distance()).isGreaterThan(1e-4);
            freezeFirstLayer(training, true);
            training.steps(3, 33);
            assertThat(training.tram.lastStep().distance()).isLessThan(1e-7);
        }
    }

    /** θ_0 is the whole model's: what is frozen later stays as far from it as it was. */
    @Test
    void theDistanceFromThePretrainedModelCountsFrozenParameters() {
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd(0.5f))
                        .optAscent(Ascent.tram(TrustRegion.pretrained()))
                        .build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            Map<String, float[]> pretrained = training.weights();
            training.steps(0, 3);
            freezeFirstLayer(training, true);
            Map<String, float[]> now = training.weights();
            double expected = kl(training, pretrained, now);
            assertThat(training.step(3).distance()).isCloseTo(expected, within(1e-5 * expected));
        }
    }

    /** KL(p(·|x, from) ‖ p(·|x, to)) on the third batch. */
    private static double kl(
            Training training, Map<String, float[]> from, Map<String, float[]> to) {
        try (Batch batch = training.batch(3)) {
            training.setWeights(from);
            NDArray target = training.trainer.evaluate(batch.getData()).head();
            training.setWeights(to);
            NDArray estimate = training.trainer.evaluate(batch.getData()).head();
            return Divergences.forwardKl().between(target, estimate).getFloat();
        }
    }

    /** A new head in mid-run; what was held of the old one goes with it. */
    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-previous", "tram-average", "asam+mesa"})
    void aLayerMayBeReplaced(String method) {
        TramOptimizer tram =
                Training.method(method, Training.adam())
                        .optWeightAverage(WeightAverage.exponential(0.9f))
                        .build();
        SequentialBlock layers = (SequentialBlock) TestModel.MLP.newBlock();
        try (Training training = Training.of(TestModel.MLP, layers, tram)) {
            training.steps(0, 3);
            Block other = Linear.builder().setUnits(TestModel.CLASSES).build();
            other.initialize(training.model.getNDManager(), DataType.FLOAT32, new Shape(8, 7));
            layers.replaceLastBlock(other);
            training.steps(3, 6);
            assertThat(training.tram.lastStep().kind()).isNotEqualTo(TramStep.Kind.SKIPPED);
            assertThat(shown(training)).hasSize(4);
        }
    }

    @Test
    void aStepWithoutAscentDescendsAtTheCleanInput() {
        Neighborhood shared = Neighborhood.fisherShared(0.1f, Noise.gaussian(1));
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.of(shared, Radius.distance(TrustRegion.previousStep())))
                        .build();
        try (Training training = new Training(TestModel.MLP, tram);
                Training plain = Training.plain(TestModel.MLP, Training.sgd())) {
            training.setWeights(plain.weights());
            assertThat(training.step(0).kind()).isEqualTo(TramStep.Kind.PLAIN);
            plain.step(0);
            Training.assertSameBits(training.weights(), plain.weights());
        }
    }

    /** Twice g′, without a look at g. */
    private record Twice() implements Descent {

        @Override
        public void combine(NDList ascended, NDList clean, State state) {
            state.tensors().scale(ascended, 2);
        }

        @Override
        public boolean readsCleanGradient() {
            return false;
        }
    }

    @Test
    void aDescentThatReadsOneGradientIsAskedToo() {
        TramOptimizer twice =
                Training.method("sam", Training.sgd(0.125f)).optDescent(new Twice()).build();
        TramOptimizer sam = Training.method("sam", Training.sgd(0.25f)).build();
        try (Training a = new Training(TestModel.MLP, twice);
                Training b = new Training(TestModel.MLP, sam)) {
            b.setWeights(a.weights());
            a.steps(0, 3);
            b.steps(0, 3);
            assertThat(Training.distance(a.weights(), b.weights())).isLessThan(1e-6);
        }
    }

    @Test
    void aListenerThatThrowsInAClosuresStepLeavesTheNextOneToTrain() {
        boolean[] throwing = {true};
        TramOptimizer tram = Training.method("tram-previous").build();
        DefaultTrainingConfig config =
                tram.trainingConfig(new PositionLoss())
                        .addTrainingListeners(
                                new TrainingListenerAdapter() {

                                    @Override
                                    public void onTrainingBatch(Trainer trainer, BatchData data) {
                                        if (throwing[0]) {
                                            throw new HookBlock.TestFailure();
                                        }
                                    }
                                });
        try (Training training = Training.with(TestModel.MLP, tram, config)) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> step(training, 0)).isInstanceOf(HookBlock.TestFailure.class);
            Training.assertSameBits(training.weights(), before);
            throwing[0] = false;
            assertThat(step(training, 1).distance()).isZero();
            assertThat(Training.sameBits(training.weights(), before)).isFalse();
            assertThat(step(training, 2).kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    private static TramStep step(Training training, int number) {
        try (Batch batch = training.batch(number)) {
            return training.tram.step(
                    training.trainer,
                    batch,
                    () -> {
                        NDList outputs =
                                training.trainer.forward(batch.getData(), batch.getLabels());
                        NDArray loss =
                                training.trainer.getLoss().evaluate(batch.getLabels(), outputs);
                        return loss;
                    });
        }
    }
}
