package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.core.Ascent;
import dev.tram.core.Divergences;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.TrustRegion;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is used wrongly is refused, with what to do instead, before anything is changed. */
class MisuseTest {

    static Stream<String> noisyMethods() {
        return Methods.names().stream().filter(name -> !Training.settings(name).noises().isEmpty());
    }

    @Test
    void aForgottenListener() {
        TramOptimizer tram = Training.method("sam").build();
        try (Training training = Training.plain(TestModel.MLP, tram)) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("addTrainingListeners(tram.listener())");
            Training.assertSameBits(training.weights(), before);
        }
    }

    @Test
    void aListenerWithoutItsOptimizer() {
        TramOptimizer tram = Training.method("sam").build();
        try (Training training =
                new Training(
                        TestModel.MLP,
                        tram,
                        new PositionLoss(),
                        config -> config.optOptimizer(Training.sgd()))) {
            training.step(0);
            assertThatThrownBy(() -> training.step(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("optOptimizer(tram)");
        }
    }

    @Test
    void aSecondBatchWithoutAStep() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.trainBatch(0);
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.trainBatch(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("trainer.step() must follow each batch")
                    .hasMessageContaining("optAccumulationSteps(k)");
            Training.assertSameBits(training.weights(), before);
        }
    }

    @Test
    void aStepWithoutABatch() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.step(0);
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.trainer.step())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("received: step() without a completed batch");
            Training.assertSameBits(training.weights(), before);
            training.step(1);
            assertThat(Training.sameBits(training.weights(), before)).isFalse();
        }
    }

    @Test
    void aLoopThatDoesNotNotifyTheListeners() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build());
                Batch batch = training.batch(0)) {
            Map<String, float[]> before = training.weights();
            try (var collector = training.trainer.newGradientCollector()) {
                var outputs = training.trainer.forward(batch.getData(), batch.getLabels());
                collector.backward(training.trainer.getLoss().evaluate(batch.getLabels(), outputs));
            }
            assertThatThrownBy(() -> training.trainer.step())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("notifies onTrainingBatch");
            Training.assertSameBits(training.weights(), before);
        }
    }

    @Test
    void aBlockExchangedDuringTraining() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.step(0);
            Block other = training.hook;
            training.model.setBlock(other);
            assertThatThrownBy(() -> training.trainBatch(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("its block was replaced");
        }
    }

    @Test
    void twoTrainersAtOnce() {
        TramOptimizer tram = Training.method("sam").build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.step(0);
            try (Model second = Model.newInstance("second", "PyTorch")) {
                Block block = TestModel.MLP.newBlock();
                second.setBlock(block);
                assertThatThrownBy(() -> second.newTrainer(config(tram)))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("one trainer at a time")
                        .hasMessageContaining("received: a second trainer for model second");
                assertThat(second.getBlock()).isSameAs(block);
            }
            training.step(1);
        }
    }

    @Test
    void twoOptimizersOnOneModelAtOnce() {
        TramOptimizer other = Training.method("asam").build();
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            assertThatThrownBy(() -> training.model.newTrainer(config(other)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("already")
                    .hasMessageContaining("contract");
            training.step(0);
        }
    }

    private static DefaultTrainingConfig config(TramOptimizer tram) {
        return new DefaultTrainingConfig(new PositionLoss())
                .optOptimizer(tram)
                .addTrainingListeners(tram.listener());
    }

    @ParameterizedTest
    @MethodSource("noisyMethods")
    void tokenIdsUnderInputNoiseWithoutAnInputNoiseBlock(String method) {
        TramOptimizer tram = Training.method(method).build();
        try (Training training =
                Training.of(TestModel.TOKENS, TestModel.tokensWithoutInputNoise(), tram)) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("new InputNoise() after the word embedding")
                    .hasMessageContaining("int64");
            Training.assertSameBits(training.weights(), before);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TestModel.class,
            names = {"DROPOUT", "BATCH_NORM", "TOKENS"})
    void keptOutputsOfAModelWithDropoutAtTheFirstBatch(TestModel model) {
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.tram(TrustRegion.pretrained()))
                        .optPretrainedCache(1000)
                        .build();
        try (Training training = new Training(model, tram)) {
            Map<String, float[]> before = training.weights();
            Map<String, float[]> statistics = training.statistics();
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("optPretrainedCache needs a model without dropout")
                    .hasMessageContaining("optReplayDropout(false)");
            Training.assertSameBits(training.weights(), before);
            Training.assertSameBits(training.statistics(), statistics);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "sam", "mesa"})
    void aModelThatIsFrozenAsAWhole(String method) {
        try (Training training = new Training(TestModel.MLP, Training.method(method).build())) {
            training.hook.freezeParameters(true);
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageEndingWith("not frozen, received: 4 frozen ones");
        }
    }

    /** Augmented examples are new ones in each epoch, which is known at the end of the second. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void keptOutputsOfExamplesThatNeverComeBack(boolean augmented) {
        TramOptimizer tram = Training.method("tram-pretrained-cached").build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            String log =
                    Logged.by(
                            () -> {
                                for (int epoch = 0; epoch < 3; epoch++) {
                                    int first = augmented ? 3 * epoch : 0;
                                    training.steps(first, first + 3);
                                    training.trainer.notifyListeners(
                                            l -> l.onEpoch(training.trainer));
                                }
                            });
            if (augmented) {
                assertThat(log).containsOnlyOnce("are the inputs augmented");
            } else {
                assertThat(log).doesNotContain("augmented");
            }
        }
    }

    @Test
    void aCastOfTheBlockThatStandsIn() {
        try (Model model = Model.newInstance("standing in", "PyTorch")) {
            Block own = TestModel.MLP.newBlock();
            model.setBlock(own);
            assertThat(TramOptimizer.blockOf(model)).isSameAs(own);
            try (Trainer trainer = model.newTrainer(config(Training.method("sam").build()))) {
                trainer.initialize(TestModel.MLP.inputShape(8));
                assertThat(model.getBlock()).isNotInstanceOf(SequentialBlock.class);
                assertThat(model.getBlock().toString())
                        .startsWith("stands in during training, TramOptimizer.blockOf(model)")
                        .contains("Linear");
                assertThat((SequentialBlock) TramOptimizer.blockOf(model)).isSameAs(own);
                assertThat(own.getParameters()).isEqualTo(model.getBlock().getParameters());
            }
            assertThat(model.getBlock()).isSameAs(own);
        }
    }

    @Test
    void noiseOfAnotherShapeThanTheInput() {
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(
                                Ascent.tram(
                                        TrustRegion.noisyInput(
                                                (manager, shape) -> manager.zeros(shape.add(1)))))
                        .build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("shape (8, 5), received: (8, 5, 1)");
        }
    }

    @Test
    void twoNoisesAtOnce() {
        TramOptimizer.Builder builder =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(
                                Ascent.of(
                                        Neighborhood.fisher(0.1f, Noise.gaussian(0.1f)),
                                        Radius.distance(
                                                TrustRegion.noisyInput(Noise.gaussian(0.2f)))));
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("one noise")
                .hasMessageContaining("0.2");
    }

    @Test
    void severalDevicesWithAnExecutorService() {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        TramOptimizer tram = Training.method("sam").build();
        try (Training training =
                new Training(
                        TestModel.MLP,
                        tram,
                        new PositionLoss(),
                        config -> config.optExecutorService(executor))) {
            training.step(0);
            training.trainer.setDevices(Device.cpu(), Device.gpu());
            assertThatThrownBy(() -> forward(training))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ExecutorService with several devices is refused")
                    .hasMessageContaining("received: 2 devices");
        } finally {
            executor.shutdown();
        }
    }

    private static void forward(Training training) {
        try (Batch batch = training.batch(1)) {
            training.trainer.forward(batch.getData(), batch.getLabels());
        }
    }

    @Test
    void parametersChangedWithinAnAccumulatedGroup() {
        TramOptimizer tram = Training.method("sam").optAccumulationSteps(2).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.step(0);
            training.parameter(0).freeze(true);
            assertThatThrownBy(() -> training.step(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("group of 2 accumulated batches");
        }
    }

    @Test
    void aBatchWithoutInputs() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build());
                GradientCollector collector = training.trainer.newGradientCollector()) {
            assertThatThrownBy(() -> training.trainer.forward(new NDList(), new NDList()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("received: none");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tram-previous-quarter", "tram-pretrained-cached"})
    void partsOfBatchesOfLogitsWithoutABatchAxis(String method) {
        TramOptimizer tram =
                Training.method(method)
                        .optLogits(outputs -> outputs.head().reshape(-1, TestModel.CLASSES))
                        .build();
        try (Training training =
                Training.of(TestModel.TOKENS, TestModel.tokensWithoutInputNoise(), tram)) {
            training.step(0);
            assertThatThrownBy(() -> training.trainBatch(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("optLogits")
                    .hasMessageContaining("received: logits of shape");
        }
    }

    @Test
    void lastStepBeforeTheFirst() {
        TramOptimizer tram = Training.method("sam").build();
        assertThatThrownBy(tram::lastStep)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("received: none");
        assertThat(tram.skippedSteps()).isZero();
        assertThat(tram.plainSteps()).isZero();
    }

    @Test
    void buildersRefuseWhatIsOutOfRange() {
        TramOptimizer.Builder builder = TramOptimizer.builder();
        assertThatThrownBy(builder::build).hasMessageContaining("setBaseOptimizer");
        assertThatThrownBy(() -> builder.optAccumulationSteps(0))
                .hasMessageContaining("received: 0");
        assertThatThrownBy(() -> builder.optMaxSkippedSteps(0)).hasMessageContaining("received: 0");
        assertThatThrownBy(() -> builder.optTrustRegionFraction(0f))
                .hasMessageContaining("trustRegionFraction must be in (0, 1], received: 0.0");
        assertThatThrownBy(() -> builder.optTrustRegionFraction(Float.NaN))
                .hasMessageContaining("received: NaN");
        assertThatThrownBy(() -> builder.optMaxGradNorm(0f)).hasMessageContaining("received: 0.0");
        assertThatThrownBy(() -> builder.optMaxGradNorm(Float.NaN))
                .hasMessageContaining("received: NaN");
        Optimizer nested = Training.method("sam").build();
        assertThatThrownBy(() -> builder.setBaseOptimizer(nested).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("received: a TramOptimizer");
        assertThatThrownBy(() -> Methods.named("samm"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tram-previous")
                .hasMessageContaining("received: samm");
        assertThatThrownBy(() -> Methods.named("adam").with(HyperParameter.RHO, 0.1f))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hyper-parameter of adam")
                .hasMessageContaining("received: rho = 0.1");
        assertThatThrownBy(() -> Methods.named("tram-x").with(HyperParameter.DECAY, 0.5f))
                .hasMessageContaining("random, sigma, scale, received: decay = 0.5");
        assertThatThrownBy(
                        () ->
                                Methods.named("sam")
                                        .with(HyperParameter.DIVERGENCE, Divergences.l2()))
                .hasMessageContaining("one of direction, neighborhood")
                .hasMessageContaining("random, rho, received: divergence = l2");
        assertThatThrownBy(() -> Methods.named("mesa").with(HyperParameter.DECAY, 1f))
                .hasMessageContaining("decay must be in [0, 1), received: 1.0");
    }
}
