package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import dev.tram.core.Divergence;
import dev.tram.core.Divergences;
import dev.tram.djl.Rounding;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StreamedDivergenceTest {

    private NDManager manager;
    private boolean recorded;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager("PyTorch");
        manager.getEngine().setRandomSeed(3);
        recorded = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
    }

    @AfterEach
    void close() {
        JniUtils.setGradMode(recorded);
        manager.close();
    }

    static Stream<String> names() {
        return Stream.of(
                "forward-kl",
                "reverse-kl",
                "symmetric-kl",
                "jensen-shannon",
                "l2",
                "renyi-0.3",
                "renyi-0.5",
                "renyi-2");
    }

    /** Where a rounding counts ten thousand times. */
    static Stream<String> nearForwardKl() {
        return Stream.of("renyi-1.0001");
    }

    /** Rows in one chunk and in several, of half precision, and far apart. */
    @ParameterizedTest
    @MethodSource("names")
    void equalsThePortableDivergence(String name) {
        Divergence portable = Divergences.named(name);
        Divergence streamed = StreamedDivergence.of(portable, manager);
        assertThat(streamed).isInstanceOf(StreamedDivergence.class).hasToString(name);
        assertSame(streamed, portable, new Shape(5, 7), DataType.FLOAT32, 1f);
        assertSame(streamed, portable, new Shape(2, 13, 50_257), DataType.FLOAT32, 1f);
        assertSame(streamed, portable, new Shape(4, 9), DataType.FLOAT16, 2f);
        assertSame(streamed, portable, new Shape(4, 9), DataType.FLOAT64, 2f);
        assertSame(streamed, portable, new Shape(6, 10), DataType.FLOAT32, 1e4f);
        assertSame(streamed, portable, new Shape(11), DataType.FLOAT32, 1f);
    }

    private void assertSame(
            Divergence streamed, Divergence portable, Shape shape, DataType type, float scale) {
        NDArray target = manager.randomNormal(shape).mul(scale).toType(type, true);
        NDArray estimate = target.add(manager.randomNormal(shape).mul(scale).toType(type, true));
        NDArray actual = streamed.between(target, estimate);
        NDArray expected = portable.between(target, estimate);
        assertThat(actual.getShape()).isEqualTo(new Shape());
        assertThat(actual.getDataType()).isEqualTo(expected.getDataType());
        assertThat(actual.getManager()).isSameAs(estimate.getManager());
        assertThat(value(actual)).isPositive().isCloseTo(value(expected), bound(expected));
        assertThat(value(streamed.between(target, target))).isZero();

        Shape rows = shape.slice(0, shape.dimension() - 1);
        for (DataType mask : new DataType[] {DataType.FLOAT32, DataType.INT64, DataType.BOOLEAN}) {
            NDArray valid = manager.randomUniform(0f, 1f, rows).gt(0.4f).toType(mask, true);
            NDArray masked = portable.between(target, estimate, valid);
            assertThat(value(streamed.between(target, estimate, valid)))
                    .isCloseTo(value(masked), bound(masked));
        }
        assertThat(value(streamed.between(target, estimate, manager.zeros(rows)))).isZero();
    }

    private static Offset<Double> bound(NDArray expected) {
        return within(Rounding.of(16, Math.max(1, Math.abs(value(expected)))));
    }

    @Test
    void notANumberIsReported() {
        NDArray target = manager.create(new float[] {1f, Float.NaN, 2f}, new Shape(1, 3));
        Divergence streamed = StreamedDivergence.of(Divergences.forwardKl(), manager);
        assertThat(value(streamed.between(target, target))).isNaN();
    }

    /** Penalties need gradients: of the estimate, or of both. */
    @ParameterizedTest
    @MethodSource("names")
    void gradientsAreThePortableOnes(String name) {
        Divergence portable = Divergences.named(name);
        Divergence streamed = StreamedDivergence.of(portable, manager);
        for (boolean targetToo : new boolean[] {false, true}) {
            for (boolean masked : new boolean[] {false, true}) {
                assertSameGradients(streamed, portable, new Shape(5, 7), targetToo, masked);
                assertSameGradients(streamed, portable, new Shape(3, 4, 50_000), targetToo, masked);
            }
        }
    }

    private void assertSameGradients(
            Divergence streamed,
            Divergence portable,
            Shape shape,
            boolean targetToo,
            boolean masked) {
        NDArray target = manager.randomNormal(shape);
        NDArray estimate = target.add(manager.randomNormal(shape));
        // The last row is equal in both.
        estimate.set(new NDIndex("-1"), target.get("-1"));
        NDArray valid =
                manager.randomUniform(0f, 1f, shape.slice(0, shape.dimension() - 1)).gt(0.4f);
        NDList actual = gradients(streamed, target, estimate, targetToo, masked ? valid : null);
        NDList expected = gradients(portable, target, estimate, targetToo, masked ? valid : null);
        for (int i = 0; i < actual.size(); i++) {
            double difference = value(actual.get(i).sub(expected.get(i)).abs().max());
            assertThat(difference).as("%s of %s", i, shape).isLessThan(2e-6);
            assertThat(value(expected.get(i).abs().max())).isPositive();
        }
    }

    /** The value and its gradients by estimate and, if wanted, by target. */
    private NDList gradients(
            Divergence divergence,
            NDArray target,
            NDArray estimate,
            boolean targetToo,
            NDArray valid) {
        NDArray p = target.duplicate();
        NDArray q = estimate.duplicate();
        p.setRequiresGradient(targetToo);
        q.setRequiresGradient(true);
        NDList result = new NDList();
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
            NDArray d = valid == null ? divergence.between(p, q) : divergence.between(p, q, valid);
            // Computed from the leaves, as logits are from weights.
            collector.backward(d.mul(3f));
            result.add(d);
        }
        result.add(q.getGradient());
        if (targetToo) {
            result.add(p.getGradient());
        }
        return result;
    }

    @ParameterizedTest
    @MethodSource({"names", "nearForwardKl"})
    void equalInputsHaveValueAndGradientsOfExactlyZero(String name) {
        Divergence streamed = StreamedDivergence.of(Divergences.named(name), manager);
        for (Shape shape : List.of(new Shape(64, 9), new Shape(3, 4, 50_000))) {
            NDArray logits = manager.randomNormal(shape).mul(4f);
            for (boolean targetToo : new boolean[] {false, true}) {
                for (NDArray result : gradients(streamed, logits, logits, targetToo, null)) {
                    assertThat(value(result.abs().max())).as("%s", shape).isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void rowsThatDoNotCountMayBeNotANumber(String name) {
        Divergence streamed = StreamedDivergence.of(Divergences.named(name), manager);
        NDArray target = manager.randomNormal(new Shape(4, 6));
        NDArray estimate = manager.randomNormal(new Shape(4, 6));
        NDArray valid = manager.create(new float[] {1, 0, 1, 1});
        NDList expected = gradients(streamed, target, estimate, true, valid);
        target.set(new NDIndex("1"), Float.NaN);
        estimate.set(new NDIndex("1"), Float.NaN);
        NDList actual = gradients(streamed, target, estimate, true, valid);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i)).isEqualTo(expected.get(i));
        }
        assertThat(value(actual.head())).isPositive();
    }

    @Test
    void nothingIsLeftBehindByGradients() {
        Divergence streamed = StreamedDivergence.of(Divergences.forwardKl(), manager);
        NDArray target = manager.randomNormal(new Shape(3, 4));
        NDArray estimate = manager.randomNormal(new Shape(3, 4));
        estimate.setRequiresGradient(true);
        int before = manager.getManagedArrays().size();
        try (GradientCollector collector = manager.getEngine().newGradientCollector();
                NDArray d = streamed.between(target, estimate)) {
            assertThat(manager.getManagedArrays()).hasSize(before + 1);
            collector.backward(d);
        }
        assertThat(estimate.getGradient().abs().sum().getFloat()).isPositive();
    }

    @Test
    void othersStayAsTheyAre() {
        assertThat(StreamedDivergence.of(Divergences.mmd(), manager)).isEqualTo(Divergences.mmd());
        assertThat(StreamedDivergence.of(Divergences.bernoulliKl(), manager))
                .isEqualTo(Divergences.bernoulliKl());
        Divergence own = (target, estimate) -> target.sub(estimate).abs().mean();
        assertThat(StreamedDivergence.of(own, manager)).isSameAs(own);
    }

    @Test
    void whatDoesNotFitIsRefusedAsByThePortableDivergence() {
        Divergence streamed = StreamedDivergence.of(Divergences.forwardKl(), manager);
        NDArray two = manager.zeros(new Shape(2, 4));
        assertThatThrownBy(() -> streamed.between(manager.zeros(new Shape(3, 4)), two))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("received: (3, 4)");
        assertThatThrownBy(() -> streamed.between(two, two, manager.zeros(new Shape(3))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("received: (3)");
        NDArray single = manager.zeros(new Shape(2, 1));
        assertThatThrownBy(() -> streamed.between(single, single))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 2 classes");
    }

    private static double value(NDArray scalar) {
        return scalar.toType(DataType.FLOAT64, false).getDouble();
    }
}
