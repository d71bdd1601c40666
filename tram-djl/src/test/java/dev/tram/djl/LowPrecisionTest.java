package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.djl.TramStep.Kind;
import dev.tram.djl.internal.engine.BaseState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Models of float16 weights under float32 masters, and TorchScript models that compute in bfloat16,
 * of which DJL knows nothing, with float32 weights.
 */
class LowPrecisionTest {

    private static final int STEPS = 100;

    /** The formats, with half the distance between numbers next to 1. */
    private enum Low {
        FLOAT16(0x1p-12f),
        BFLOAT16(0x1p-9f);

        private final float rounding;

        Low(float rounding) {
            this.rounding = rounding;
        }
    }

    @TempDir Path folder;

    private Model script;

    @AfterEach
    void close() {
        if (script != null) {
            script.close();
        }
    }

    static Stream<Arguments> methods() {
        return Methods.names().stream()
                .flatMap(name -> Stream.of(Low.values()).map(low -> Arguments.of(low, name)));
    }

    private Training training(Low low, TramOptimizer tram) throws IOException {
        return training(low, tram, new PositionLoss());
    }

    private Training training(Low low, TramOptimizer tram, Loss loss) throws IOException {
        List<float[]> initial = initial();
        if (low == Low.BFLOAT16) {
            Block block = load(script(initial));
            return Training.of(TestModel.MLP, block, DataType.FLOAT32, tram, loss);
        }
        Block block =
                new SequentialBlock()
                        .addSingleton(x -> x.toType(DataType.FLOAT16, false))
                        .add(TestModel.MLP.newBlock());
        Training training = Training.of(TestModel.MLP, block, DataType.FLOAT16, tram, loss);
        Map<String, float[]> weights = training.weights();
        Iterator<float[]> values = initial.iterator();
        weights.replaceAll((name, old) -> values.next());
        training.setWeights(weights);
        return training;
    }

    private static List<float[]> initial() {
        try (Training training = Training.plain(TestModel.MLP, Training.sgd())) {
            return List.copyOf(training.weights().values());
        }
    }

    /** The model of {@link TestModel#MLP}, in bfloat16 inside. */
    private static ScriptedModel script(List<float[]> initial) {
        return new ScriptedModel(
                        "x",
                        "first = torch.linear(x.to(15), self.weight1.to(15), self.bias1.to(15))",
                        "hidden = torch.tanh(first)",
                        "second = torch.linear(hidden, self.weight2.to(15), self.bias2.to(15))",
                        "return second.to(6)")
                .parameter("weight1", initial.get(0), 7, 5)
                .parameter("bias1", initial.get(1), 7)
                .parameter("weight2", initial.get(2), 3, 7)
                .parameter("bias2", initial.get(3), 3);
    }

    private Block load(ScriptedModel model) throws IOException {
        close();
        model.write(folder, "model");
        script = Model.newInstance("model", "PyTorch");
        try {
            script.load(folder, "model", Map.of("trainParam", "true"));
        } catch (MalformedModelException e) {
            throw new IOException(e);
        }
        return script.getBlock();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void everyMethodTrains(Low low, String method) throws IOException {
        Optimizer adam = Training.adam();
        TramOptimizer tram = Training.method(method, adam).optMaxGradNorm(1).build();
        try (Training training = training(low, tram)) {
            Map<String, float[]> before = training.weights();
            for (int number = 0; number < 4; number++) {
                assertThat(training.step(number).kind()).isNotEqualTo(Kind.SKIPPED);
            }
            training.weights()
                    .forEach((name, now) -> assertThat(now).isNotEqualTo(before.get(name)));
            for (Map<String, Map<Device, NDArray>> moments :
                    new BaseState(adam).arrays().values()) {
                assertThat(moments.values())
                        .isNotEmpty()
                        .allSatisfy(
                                m ->
                                        assertThat(m.get(training.device()).getDataType())
                                                .isEqualTo(DataType.FLOAT32));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void theCheckOfTheSecondPassAlarmsAtNone(Low low, String method) throws IOException {
        TramOptimizer tram = Training.method(method, Training.adam()).optSelfCheck(true).build();
        try (Training training = training(low, tram)) {
            for (int number = 0; number < 5; number++) {
                training.step(number);
                training.evaluate(number);
            }
            assertThat(tram.batches()).isEqualTo(5);
        }
    }

    /** Each update is far below what a weight can show; without masters nothing would move. */
    @ParameterizedTest
    @EnumSource(Low.class)
    void smallUpdatesAddUp(Low low) throws IOException {
        float rate = low.rounding / 2;
        TramOptimizer tram = Training.method("sam", Training.sgd(rate)).build();
        TramOptimizer exact = Training.method("sam", Training.sgd(rate)).build();
        try (Training training = training(low, tram);
                Training expected = new Training(TestModel.MLP, exact)) {
            double moved = distance(training, expected);
            assertThat(moved).as("rounding of the initial weights").isLessThan(1e-3);
            List<float[]> start = List.copyOf(expected.weights().values());
            for (int number = 0; number < STEPS; number++) {
                training.step(0);
                expected.step(0);
            }
            double way = distance(start, expected.weights().values());
            assertThat(distance(training, expected)).isLessThan(0.5 * way);
        }
    }

    private static double distance(Training a, Training b) {
        return distance(a.weights().values(), b.weights().values());
    }

    private static double distance(Collection<float[]> a, Collection<float[]> b) {
        double sum = 0;
        Iterator<float[]> others = b.iterator();
        for (float[] values : a) {
            float[] other = others.next();
            for (int i = 0; i < other.length; i++) {
                sum += Math.pow(values[i] - other[i], 2);
            }
        }
        return Math.sqrt(sum);
    }

    @Test
    void theRecordTellsHowMuchOfTheAscentSurvived() throws IOException {
        assertThat(survived(Low.FLOAT16.rounding / 20)).isLessThan(0.3);
        assertThat(survived(1)).isBetween(0.97, 1.03);
    }

    private double survived(float rho) throws IOException {
        TramOptimizer tram =
                Methods.named("sam")
                        .with(HyperParameter.RHO, rho)
                        .builder()
                        .setBaseOptimizer(Training.sgd(0.1f))
                        .build();
        try (Training training = training(Low.FLOAT16, tram)) {
            TramStep step = training.step(0);
            assertThat(step.perturbationNorm()).isCloseTo(rho, within(1e-5 * rho));
            return step.realisedNorm() / step.perturbationNorm();
        }
    }

    /** The squares of such gradients are 0 in float16. */
    @ParameterizedTest
    @EnumSource(Low.class)
    void normsAndDistancesAreFloat32(Low low) throws IOException {
        Loss small = new SmallLoss();
        List<TramStep> steps = new ArrayList<>();
        try (Training training = training(low, Training.method("tram-x").build(), small);
                Training expected =
                        Training.of(
                                TestModel.MLP,
                                TestModel.MLP.newBlock(),
                                DataType.FLOAT32,
                                Training.method("tram-x").build(),
                                small)) {
            steps.add(training.step(0));
            steps.add(expected.step(0));
        }
        double norm = steps.get(1).gradientNorm();
        assertThat(norm).isLessThan(2e-4);
        assertThat(steps.get(0).gradientNorm()).isCloseTo(norm, within(0.05 * norm));
        double distance = steps.get(1).distance();
        assertThat(steps.get(0).distance()).isCloseTo(distance, within(0.1 * distance));
    }

    @ParameterizedTest
    @EnumSource(Low.class)
    void resumesBitForBit(Low low) throws IOException {
        Path file = folder.resolve("checkpoint");
        Map<String, float[]> whole;
        try (Training training = training(low, tram())) {
            training.steps(0, 3);
            training.tram.save(file);
            training.steps(3, 6);
            whole = training.weights();
        }
        try (Training training = training(low, tram())) {
            training.tram.load(file);
            training.steps(3, 6);
            Training.assertSameBits(training.weights(), whole);
        }
    }

    private static TramOptimizer tram() {
        return Training.method("tram-previous", Training.adam()).optAccumulationSteps(2).build();
    }

    @Test
    void weightsInBfloat16AreRefused() throws IOException {
        Block block = load(script(initial()).inBfloat16());
        try (Training training =
                Training.of(TestModel.MLP, block, Training.method("sam").build())) {
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("TorchScript model of float32 weights")
                    .hasMessageContaining("weight1 of type unknown");
        }
    }

    /** DJL itself would end the process at the first conversion. */
    @Test
    void aDjlModelInBfloat16IsRefused() {
        TramOptimizer tram = Training.method("sam").build();
        try (Model model = Model.newInstance("bfloat16", "PyTorch")) {
            model.setDataType(DataType.BFLOAT16);
            Block block = TestModel.MLP.newBlock();
            model.setBlock(block);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(new PositionLoss())
                            .optOptimizer(tram)
                            .addTrainingListeners(tram.listener());
            assertThatThrownBy(() -> model.newTrainer(config))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("float16")
                    .hasMessageContaining("TorchScript")
                    .hasMessageContaining("received: model bfloat16 of type bfloat16");
            assertThat(model.getBlock()).isSameAs(block);
        }
    }

    /** DJL's own trainer fails at its first step. */
    @Test
    void aModelInFloat64IsRefused() {
        TramOptimizer tram = Training.method("sam").build();
        assertThatThrownBy(
                        () ->
                                Training.of(
                                        TestModel.MLP,
                                        TestModel.MLP.newBlock(),
                                        DataType.FLOAT64,
                                        tram,
                                        new PositionLoss()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("received: model contract of type float64");
    }

    /** The sum over a group is of positions times gradients, beyond the largest float16. */
    @Test
    void aGroupsSumDoesNotOverflow() throws IOException {
        TramOptimizer tram =
                Training.method("sgd", Training.sgd(1e-5f)).optAccumulationSteps(4).build();
        try (Training training = training(Low.FLOAT16, tram, new ScaledLoss(2e4f))) {
            for (int batch = 0; batch < 3; batch++) {
                training.step(batch % 2);
            }
            training.trainBatch(1);
            float largest = 0;
            for (float[] values : training.gradients().values()) {
                for (float value : values) {
                    assertThat(value).isFinite();
                    largest = Math.max(largest, Math.abs(value));
                }
            }
            assertThat(largest * 4 * Training.BATCH_SIZE).isGreaterThan(65_504f);
            training.trainer.step();
        }
    }

    private static final class ScaledLoss extends Loss {

        private final Loss loss = new PositionLoss();
        private final float factor;

        ScaledLoss(float factor) {
            super("ScaledLoss");
            this.factor = factor;
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return loss.evaluate(labels, predictions).mul(factor);
        }
    }

    private static final class SmallLoss extends Loss {

        private final Loss loss = new PositionLoss();

        SmallLoss() {
            super("SmallLoss");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return loss.evaluate(labels, predictions).mul(1e-4f);
        }
    }
}
