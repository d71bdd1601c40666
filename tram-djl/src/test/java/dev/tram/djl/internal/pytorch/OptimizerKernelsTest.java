package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OptimizerKernelsTest {

    private static final int STEPS = 4;
    private static final float RATE = 0.05f;
    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.99f;

    private static final List<Shape> SHAPES =
            List.of(
                    new Shape(1),
                    new Shape(3, 5),
                    new Shape(7, 11, 13),
                    new Shape(0),
                    new Shape(100_003));

    private NDManager manager;
    private NDList weights;
    private NDList expected;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        manager.getEngine().setRandomSeed(11);
        weights = random(1f);
        weights.add(manager.randomNormal(new Shape(30, 40)).transpose());
        expected = copyOf(weights);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static final String BLOCKED = "optimizer_blocked";
    private static final String FOREACH = "optimizer_foreach";

    static Stream<Arguments> adams() {
        return Stream.of(BLOCKED, FOREACH)
                .flatMap(
                        source ->
                                Stream.of(
                                        Arguments.of(source, adam(0f, 1f, -1f, false)),
                                        Arguments.of(source, adam(0.1f, 0.5f, 0.3f, false)),
                                        Arguments.of(source, adam(0.1f, 1f, -1f, true)),
                                        Arguments.of(source, adam(0f, 2f, 0.3f, true))));
    }

    static Stream<Arguments> sgds() {
        return Stream.of(BLOCKED, FOREACH)
                .flatMap(
                        source ->
                                Stream.of(
                                        Arguments.of(source, sgd(0f, 1f, -1f, 0f)),
                                        Arguments.of(source, sgd(0.1f, 0.5f, 0.3f, 0f)),
                                        Arguments.of(source, sgd(0f, 1f, -1f, 0.9f)),
                                        Arguments.of(source, sgd(0.1f, 2f, 0.3f, 0.9f))));
    }

    private static OptimizerKernels.Adam adam(
            float decay, float rescale, float clip, boolean decoupled) {
        return new OptimizerKernels.Adam(decay, rescale, clip, BETA1, BETA2, 1e-8f, decoupled);
    }

    private static OptimizerKernels.Sgd sgd(
            float decay, float rescale, float clip, float momentum) {
        return new OptimizerKernels.Sgd(decay, rescale, clip, momentum);
    }

    @ParameterizedTest
    @MethodSource("adams")
    void stepsAsAdamDoes(String source, OptimizerKernels.Adam settings) {
        OptimizerKernels kernels = new OptimizerKernels(device -> source);
        Optimizer reference = reference(settings);
        NDList means = zeros();
        NDList variances = zeros();
        for (int t = 1; t <= STEPS; t++) {
            NDList gradients = gradients();
            update(reference, gradients);
            double corrected =
                    RATE * Math.sqrt(1.0 - Math.pow(BETA2, t)) / (1.0 - Math.pow(BETA1, t));
            kernels.adam(
                    settings,
                    weights,
                    gradients,
                    means,
                    variances,
                    all(RATE),
                    all((float) corrected));
            assertSame(source);
        }
    }

    private static Optimizer reference(OptimizerKernels.Adam settings) {
        return settings.decoupled()
                ? Optimizer.adamW()
                        .optLearningRateTracker(Tracker.fixed(RATE))
                        .optBeta1(BETA1)
                        .optBeta2(BETA2)
                        .optWeightDecays(settings.weightDecay())
                        .optClipGrad(settings.clip())
                        .setRescaleGrad(settings.rescale())
                        .build()
                : Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(RATE))
                        .optBeta1(BETA1)
                        .optBeta2(BETA2)
                        .optWeightDecays(settings.weightDecay())
                        .optClipGrad(settings.clip())
                        .setRescaleGrad(settings.rescale())
                        .build();
    }

    @ParameterizedTest
    @MethodSource("sgds")
    void stepsAsSgdDoes(String source, OptimizerKernels.Sgd settings) {
        OptimizerKernels kernels = new OptimizerKernels(device -> source);
        Optimizer reference =
                Optimizer.sgd()
                        .setLearningRateTracker(Tracker.fixed(RATE))
                        .optMomentum(settings.momentum())
                        .optWeightDecays(settings.weightDecay())
                        .optClipGrad(settings.clip())
                        .setRescaleGrad(settings.rescale())
                        .build();
        NDList momenta = settings.momentum() == 0f ? new NDList() : zeros();
        for (int t = 1; t <= STEPS; t++) {
            NDList gradients = gradients();
            update(reference, gradients);
            kernels.sgd(settings, weights, gradients, momenta, all(RATE));
            assertSame(source);
        }
    }

    /** DJL multiplies weights by a decay of 0 too, which makes infinity not a number. */
    @Test
    void stepsAsDjlDoesFromWhatIsNotFiniteAndFromNegativeZero() {
        NDArray unusual = manager.create(new float[] {-0f, Float.POSITIVE_INFINITY, Float.NaN});
        weights.set(0, unusual);
        expected.set(0, unusual.duplicate());
        stepsAsAdamDoes(BLOCKED, adam(0f, 1f, -1f, true));
        weights.set(0, unusual.duplicate());
        expected.set(0, unusual.duplicate());
        stepsAsAdamDoes(BLOCKED, adam(0f, 1f, -1f, false));
        stepsAsSgdDoes(BLOCKED, sgd(0f, 1f, -1f, 0.9f));
    }

    static Stream<OptimizerKernels.Adam> libtorchAdams() {
        return Stream.of(
                adam(0f, 1f, -1f, false), adam(0.1f, 1f, -1f, false), adam(0.1f, 1f, -1f, true));
    }

    /**
     * libtorch's own operation takes the same step with other roundings: of the first moments,
     * weights and second moments some differ from DJL's, none by more than a few roundings of a
     * step's size.
     */
    @ParameterizedTest
    @MethodSource("libtorchAdams")
    void libtorchsAdamDiffersByRounding(OptimizerKernels.Adam settings) {
        assumeThat(AdamNumbers.runsOnCpu(manager.getEngine().getVersion())).isTrue();
        weights.remove(weights.size() - 1);
        expected.remove(expected.size() - 1);
        OptimizerKernels kernels = OptimizerKernels.forEngine(manager).orElseThrow();
        Optimizer reference = reference(settings);
        NDList means = zeros();
        NDList variances = zeros();
        for (int t = 1; t <= STEPS; t++) {
            NDList gradients = gradients();
            NDList untouched = copyOf(gradients);
            update(reference, gradients);
            assertThat(
                            kernels.adamOfLibtorch(
                                    settings, weights, gradients, means, variances, RATE, t))
                    .isTrue();
            assertThat(gradients).isEqualTo(untouched);
        }
        int different = 0;
        for (int i = 0; i < expected.size(); i++) {
            float[] actual = weights.get(i).toFloatArray();
            float[] wanted = expected.get(i).toFloatArray();
            for (int j = 0; j < wanted.length; j++) {
                float bound = STEPS * 8 * Math.ulp(Math.max(Math.abs(wanted[j]), RATE));
                assertThat(actual[j]).isCloseTo(wanted[j], within(bound));
                different += actual[j] == wanted[j] ? 0 : 1;
            }
        }
        assertThat(different).isPositive();
    }

    /** Epsilon beside the root of the variance, where it counts: the formula is DJL's. */
    @Test
    void libtorchsEpsilonIsDjls() {
        assumeThat(AdamNumbers.runsOnCpu(manager.getEngine().getVersion())).isTrue();
        OptimizerKernels.Adam settings =
                new OptimizerKernels.Adam(0f, 1f, -1f, BETA1, BETA2, 0.1f, false);
        NDList weight = new NDList(manager.zeros(new Shape(1)));
        NDList gradient = new NDList(manager.full(new Shape(1), 0.5f));
        NDList mean = new NDList(manager.zeros(new Shape(1)));
        NDList variance = new NDList(manager.zeros(new Shape(1)));
        OptimizerKernels.forEngine(manager)
                .orElseThrow()
                .adamOfLibtorch(settings, weight, gradient, mean, variance, RATE, 1);
        double root = Math.sqrt((1 - BETA2) * 0.25);
        double corrected = RATE * Math.sqrt(1 - BETA2) / (1 - BETA1);
        double step = corrected * (1 - BETA1) * 0.5 / (root + 0.1);
        assertThat(weight.head().toFloatArray()[0]).isCloseTo((float) -step, within(1e-8f));
    }

    @Test
    void libtorchsAdamLeavesToDjlWhatItLacks() {
        NDList means = zeros();
        NDList variances = zeros();
        OptimizerKernels kernels = OptimizerKernels.forEngine(manager).orElseThrow();
        for (OptimizerKernels.Adam settings :
                List.of(adam(0f, 0.5f, -1f, false), adam(0f, 1f, 0.3f, false))) {
            assertThat(
                            kernels.adamOfLibtorch(
                                    settings, weights, gradients(), means, variances, RATE, 1))
                    .isFalse();
        }
        // A transposed parameter's elements do not lie in order.
        assertThat(
                        kernels.adamOfLibtorch(
                                adam(0f, 1f, -1f, false),
                                weights,
                                gradients(),
                                means,
                                variances,
                                RATE,
                                1))
                .isFalse();
        assertThat(weights).isEqualTo(expected);
    }

    @Test
    void severalThreadsStepAsOne() {
        weights.remove(weights.size() - 1);
        expected.remove(expected.size() - 1);
        ThreadCount.with(
                3,
                () -> {
                    stepsAsAdamDoes(BLOCKED, adam(0.1f, 0.5f, 0.3f, false));
                    stepsAsSgdDoes(BLOCKED, sgd(0.1f, 2f, 0.3f, 0.9f));
                });
    }

    private void update(Optimizer reference, NDList gradients) {
        for (int i = 0; i < expected.size(); i++) {
            reference.update("p" + i, expected.get(i), gradients.get(i).duplicate());
        }
    }

    /**
     * Equal to the last bit in blocks; libtorch rounds its operations on lists alike but for FMA.
     */
    private void assertSame(String source) {
        for (int i = 0; i < expected.size(); i++) {
            float[] actual = weights.get(i).toFloatArray();
            float[] wanted = expected.get(i).toFloatArray();
            if (source.equals(BLOCKED)) {
                assertThat(actual).isEqualTo(wanted);
            }
            for (int j = 0; j < wanted.length; j++) {
                if (Math.abs(actual[j] - wanted[j]) > 1e-6f * Math.max(1, Math.abs(wanted[j]))) {
                    assertThat(actual[j]).isCloseTo(wanted[j], within(0f));
                }
            }
        }
    }

    @Test
    void eachParameterHasItsLearningRate() {
        OptimizerKernels kernels = OptimizerKernels.forEngine(manager).orElseThrow();
        NDList two = new NDList(manager.zeros(new Shape(2)), manager.zeros(new Shape(2)));
        NDList gradients = new NDList(manager.ones(new Shape(2)), manager.ones(new Shape(2)));
        kernels.sgd(sgd(0f, 1f, -1f, 0f), two, gradients, new NDList(), new float[] {1f, 2f});
        assertThat(two.get(0).toFloatArray()).containsExactly(-1f, -1f);
        assertThat(two.get(1).toFloatArray()).containsExactly(-2f, -2f);
        assertThat(gradients.get(0).toFloatArray()).containsOnly(1f);
    }

    @Test
    void halfPrecisionGradientsAreWidened() {
        OptimizerKernels kernels = OptimizerKernels.forEngine(manager).orElseThrow();
        NDArray weight = manager.zeros(new Shape(3));
        NDArray half = manager.full(new Shape(3), 0.5f).toType(DataType.FLOAT16, true);
        kernels.sgd(
                sgd(0f, 1f, -1f, 0f),
                new NDList(weight),
                new NDList(half),
                new NDList(),
                new float[] {1e-4f});
        assertThat(weight.toFloatArray()).containsOnly(-0.5f * 1e-4f);
    }

    @Test
    void listsOfDifferentLengthsAreRefused() {
        OptimizerKernels kernels = OptimizerKernels.forEngine(manager).orElseThrow();
        NDList one = new NDList(manager.zeros(new Shape(2)));
        NDList none = new NDList();
        assertThatThrownBy(() -> kernels.sgd(sgd(0f, 1f, -1f, 0.9f), one, one, none, new float[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("momenta must have 1 entries, received: 0");
        kernels.sgd(sgd(0f, 1f, -1f, 0.9f), none, none, none, new float[0]);
    }

    private NDList random(float deviation) {
        NDList arrays = new NDList();
        for (Shape shape : SHAPES) {
            arrays.add(manager.randomNormal(0f, deviation, shape, DataType.FLOAT32));
        }
        return arrays;
    }

    private NDList gradients() {
        NDList gradients = new NDList();
        for (NDArray weight : weights) {
            gradients.add(manager.randomNormal(0f, 0.5f, weight.getShape(), DataType.FLOAT32));
        }
        return gradients;
    }

    private NDList zeros() {
        NDList zeros = new NDList();
        weights.forEach(weight -> zeros.add(weight.zerosLike()));
        return zeros;
    }

    private float[] all(float value) {
        float[] values = new float[weights.size()];
        Arrays.fill(values, value);
        return values;
    }

    private static NDList copyOf(NDList arrays) {
        NDList copies = new NDList();
        arrays.forEach(array -> copies.add(array.duplicate()));
        return copies;
    }
}
