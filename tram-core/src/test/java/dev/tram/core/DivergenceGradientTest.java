package dev.tram.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** R3F sends gradients through both arguments of a divergence. */
class DivergenceGradientTest {

    private final Random random = new Random(12);
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    static List<String> names() {
        return Divergences.names();
    }

    private NDArray logits(String name, int rows, int classes) {
        Shape shape = new Shape(rows, name.equals("bernoulli-kl") ? 1 : classes);
        return manager.create(random.doubles(shape.size(), -2, 2).toArray(), shape);
    }

    private static NDArray single(NDArray array) {
        return array.toType(DataType.FLOAT32, false);
    }

    @ParameterizedTest
    @MethodSource("names")
    void areFiniteAtHugeLogits(String name) {
        NDArray target = single(logits(name, 4, 3)).sign().mul(1e4f);
        Gradients gradients = new Gradients(Divergences.named(name), target, target.neg());
        assertFinite(gradients.ofTarget);
        assertFinite(gradients.ofEstimate);
    }

    private static void assertFinite(NDArray gradient) {
        for (float value : gradient.toFloatArray()) {
            assertThat(value).isFinite();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void passHalfPrecisionLogits(String name) {
        NDArray target = logits(name, 3, 4).toType(DataType.FLOAT16, false);
        NDArray estimate = logits(name, 3, 4).toType(DataType.FLOAT16, false);
        Divergence divergence = Divergences.named(name);
        Gradients half = new Gradients(divergence, target, estimate);
        Gradients full = new Gradients(divergence, single(target), single(estimate));
        assertThat(half.ofEstimate.getDataType()).isEqualTo(DataType.FLOAT16);
        assertThat(single(half.ofEstimate).toFloatArray())
                .containsExactly(full.ofEstimate.toFloatArray(), within(1e-3f));
        assertThat(full.ofEstimate.abs().max().getFloat()).isGreaterThan(0.01f);
    }

    /** The gradient by the estimate is (μ_Q − μ_P) / (σ² · rows), and 0 at equal means. */
    @Test
    void gaussianHasALinearGradient() {
        NDArray target = manager.create(new float[] {1, 2, 0, 3}, new Shape(2, 2));
        NDArray estimate = manager.create(new float[] {2, 4, 0, 0}, new Shape(2, 2));
        Gradients gradients = new Gradients(Divergences.gaussianKl(0.5f), target, estimate);
        assertThat(gradients.ofEstimate.toFloatArray())
                .containsExactly(new float[] {2, 4, 0, -6}, within(0f));
        assertThat(gradients.ofTarget.toFloatArray())
                .containsExactly(new float[] {-2, -4, 0, 6}, within(0f));
    }

    @Test
    void passTheSampleOfMmd() {
        NDArray target = logits("mmd", 10, 3);
        NDArray estimate = logits("mmd", 10, 3);
        Divergence divergence = Divergences.mmd(4);
        Gradients gradients = new Gradients(divergence, target, estimate);
        assertClose(
                gradients.ofEstimate, differences(x -> divergence.between(target, x), estimate));
        assertThat(gradients.ofEstimate.get(1).abs().max().getDouble()).isZero();
        assertThat(gradients.ofEstimate.get(2).abs().max().getDouble()).isPositive();
    }

    @ParameterizedTest
    @MethodSource("names")
    void haveZeroGradientAtEqualInputs(String name) {
        NDArray target = single(logits(name, 5, 3));
        Gradients gradients = new Gradients(Divergences.named(name), target, target);
        // of the order of the rounding of one probability; L2 has no such rounding
        double tolerance = name.equals("l2") ? 0 : 1e-7;
        assertThat(gradients.ofEstimate.abs().max().getFloat()).isBetween(0f, (float) tolerance);
        assertThat(gradients.ofTarget.abs().max().getFloat()).isBetween(0f, (float) tolerance);
    }

    @ParameterizedTest
    @MethodSource("names")
    void haveTheGradientOfFiniteDifferences(String name) {
        Divergence divergence = Divergences.named(name);
        NDArray target = logits(name, 3, 4);
        NDArray estimate = logits(name, 3, 4);
        Gradients gradients = new Gradients(divergence, target, estimate);
        assertClose(
                gradients.ofEstimate, differences(x -> divergence.between(target, x), estimate));
        assertClose(gradients.ofTarget, differences(x -> divergence.between(x, estimate), target));
    }

    @ParameterizedTest
    @MethodSource("names")
    void haveTheGradientOfFiniteDifferencesUnderAMask(String name) {
        Divergence divergence = Divergences.named(name);
        NDArray target = logits(name, 3, 4);
        NDArray estimate = logits(name, 3, 4);
        NDArray valid = manager.create(new float[] {1, 0, 1});
        Divergence masked = (t, e) -> divergence.between(t, e, valid);
        Gradients gradients = new Gradients(masked, target, estimate);
        assertThat(gradients.ofEstimate.get(1).abs().max().getDouble()).isZero();
        assertClose(gradients.ofEstimate, differences(x -> masked.between(target, x), estimate));
    }

    private void assertClose(NDArray actual, double[] expected) {
        assertThat(actual.toDoubleArray()).containsExactly(expected, within(1e-8));
    }

    private double[] differences(UnaryOperator<NDArray> function, NDArray at) {
        double step = 1e-5;
        double[] result = new double[(int) at.size()];
        for (int i = 0; i < result.length; i++) {
            double[] shift = new double[result.length];
            shift[i] = step;
            NDArray delta = manager.create(shift, at.getShape());
            double above = function.apply(at.add(delta)).getDouble();
            double below = function.apply(at.sub(delta)).getDouble();
            result[i] = (above - below) / (2 * step);
        }
        return result;
    }

    /** Both gradients of a divergence. */
    private static final class Gradients {

        final NDArray ofTarget;
        final NDArray ofEstimate;

        Gradients(Divergence divergence, NDArray target, NDArray estimate) {
            NDArray t = target.duplicate();
            NDArray e = estimate.duplicate();
            t.setRequiresGradient(true);
            e.setRequiresGradient(true);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                collector.backward(divergence.between(t, e));
            }
            ofTarget = t.getGradient();
            ofEstimate = e.getGradient();
        }
    }
}
