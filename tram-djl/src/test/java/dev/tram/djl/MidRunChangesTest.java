package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.TrustRegion;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What changes or fails in mid-run leaves nothing behind that later steps compute with. */
class MidRunChangesTest {

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
