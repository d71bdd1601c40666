package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.training.EasyTrain;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.util.RandomUtils;
import dev.tram.core.Ascent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All passes over a batch see the same dropout masks, and nothing else is disturbed. */
class DropoutReplayTest {

    private static final int STEPS = 4;

    /** All but the one that does without replay. */
    static Stream<String> methods() {
        return Methods.names().stream().filter(name -> !Training.keepsPretrained(name));
    }

    static Stream<String> distancesToParameters() {
        return Stream.of("tram-previous", "tram-pretrained", "tram-average", "trpo", "mesa");
    }

    private static Training still(TestModel model, String method, boolean replay) {
        return new Training(
                model,
                Methods.named(method)
                        .builder()
                        .setBaseOptimizer(Training.sgd(0f))
                        .optSelfCheck(false)
                        .optReplayDropout(replay)
                        .build());
    }

    @ParameterizedTest
    @MethodSource("distancesToParameters")
    void theDistanceToAnUnchangedModelIsExactlyZero(String method) {
        for (TestModel model : List.of(TestModel.DROPOUT, TestModel.TOKENS)) {
            try (Training training = still(model, method, true)) {
                for (int step = 0; step < STEPS; step++) {
                    training.hook.resetPasses();
                    assertThat(training.step(step).distance()).as("step %d", step).isZero();
                    int measured = step == 0 ? 1 : 2;
                    assertThat(training.hook.passes()).isEqualTo(measured);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("distancesToParameters")
    void withoutReplayTheTargetIsInEvaluationMode(String method) {
        try (Training training = still(TestModel.DROPOUT, method, false)) {
            training.step(0);
            List<float[]> logits = new ArrayList<>();
            training.hook.setHook(
                    (pass, outputs) -> {
                        logits.add(outputs.head().toFloatArray());
                        return outputs;
                    });
            assertThat(training.step(1).distance()).isPositive();
            int target = method.startsWith("tram") ? 1 : 0;
            try (Batch batch = training.batch(1)) {
                float[] evaluated =
                        training.trainer.evaluate(batch.getData()).head().toFloatArray();
                assertThat(logits.get(target)).isEqualTo(evaluated);
                assertThat(logits.get(1 - target)).isNotEqualTo(evaluated);
            }
        }
    }

    @Test
    void dropoutBehindTheInputNoiseIsTheSameInTheNoisyPass() {
        TramOptimizer tram =
                Methods.named("tram-x")
                        .with(HyperParameter.SIGMA, 0f)
                        .builder()
                        .setBaseOptimizer(Training.sgd())
                        .build();
        try (Training training = new Training(TestModel.TOKENS, tram)) {
            for (int step = 0; step < STEPS; step++) {
                assertThat(training.step(step).distance()).isZero();
            }
        }
    }

    @Test
    void masksDifferFromBatchToBatch() {
        try (Training training = still(TestModel.DROPOUT, "sgd", true)) {
            training.leaveRandomNumbers();
            double first = training.step(1).loss();
            double second = training.step(1).loss();
            assertThat(second).isNotEqualTo(first);
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void twoRunsOfOneSeedAgreeBitForBit(String method) {
        Map<String, float[]> first = run(method, 3);
        Training.assertSameBits(run(method, 3), first);
        assertThat(Training.sameBits(run(method, 4), first)).isFalse();
    }

    private static Map<String, float[]> run(String method, int seed) {
        TramOptimizer tram = Training.method(method).build();
        try (Training training = new Training(TestModel.TOKENS, tram)) {
            training.leaveRandomNumbers();
            Engine.getEngine("PyTorch").setRandomSeed(seed);
            training.steps(0, STEPS);
            return training.weights();
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void randomnessOfJavaIsNotTouched(String method) {
        List<Integer> expected = new ArrayList<>();
        Engine.getEngine("PyTorch").setRandomSeed(17);
        for (int step = 0; step < STEPS; step++) {
            expected.add(RandomUtils.nextInt());
        }
        List<Integer> drawn = new ArrayList<>();
        try (Training training = new Training(TestModel.TOKENS, Training.method(method).build())) {
            Engine.getEngine("PyTorch").setRandomSeed(17);
            for (int step = 0; step < STEPS; step++) {
                training.step(step);
                drawn.add(RandomUtils.nextInt());
            }
        }
        assertThat(drawn).isEqualTo(expected);
    }

    @Test
    void theOrderOfTheDataIsWhatItIsWithoutTheOptimizer() throws Exception {
        List<Float> plain;
        try (Training training = Training.plain(TestModel.DROPOUT, Training.sgd())) {
            plain = order(training);
        }
        try (Training training =
                new Training(TestModel.DROPOUT, Training.method("tram-x").build())) {
            assertThat(order(training)).isEqualTo(plain);
        }
    }

    private static List<Float> order(Training training) throws Exception {
        List<Float> firsts = new ArrayList<>();
        Engine.getEngine("PyTorch").setRandomSeed(23);
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            ArrayDataset dataset =
                    new ArrayDataset.Builder()
                            .setData(TestModel.DROPOUT.data(manager, 1, 20))
                            .optLabels(TestModel.DROPOUT.labels(manager, 1, 20))
                            .setSampling(4, true)
                            .build();
            for (int epoch = 0; epoch < 2; epoch++) {
                for (Batch batch : training.trainer.iterateDataset(dataset)) {
                    firsts.add(batch.getData().head().getFloat(0, 0));
                    EasyTrain.trainBatch(training.trainer, batch);
                    training.trainer.step();
                    batch.close();
                }
            }
        }
        return firsts;
    }

    /** At a radius too small to matter the two losses of a step tell whether masks were shared. */
    @Test
    void onlyReplaySharesTheMasksOfAStep() {
        assertThat(differenceOfLosses(true)).isLessThan(1e-5);
        assertThat(differenceOfLosses(false)).isGreaterThan(1e-3);
    }

    private static double differenceOfLosses(boolean replay) {
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.sam(1e-6f))
                        .optReplayDropout(replay)
                        .build();
        try (Training training = new Training(TestModel.DROPOUT, tram)) {
            TramStep step = training.step(0);
            return Math.abs(step.perturbedLoss() - step.loss());
        }
    }
}
