package dev.tram.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MultiTensorTest {

    private static final List<Shape> SHAPES =
            List.of(
                    new Shape(),
                    new Shape(1),
                    new Shape(3, 5),
                    new Shape(7),
                    new Shape(2, 1, 3, 2),
                    new Shape(1, 1));

    private static final Noise NOISE = Noise.gaussian(0.1f);

    private final MultiTensor tensors = MultiTensor.portable();
    private final Random random = new Random(5);
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDList randomList(DataType type) {
        NDList list = new NDList();
        for (Shape shape : SHAPES) {
            double[] values = random.doubles(shape.size(), -2, 2).toArray();
            list.add(manager.create(values, shape).toType(type, false));
        }
        return list;
    }

    private NDList floats() {
        return randomList(DataType.FLOAT32);
    }

    private static double[] values(NDList arrays) {
        return arrays.stream().flatMapToDouble(MultiTensorTest::values).toArray();
    }

    private static DoubleStream values(NDArray array) {
        return Arrays.stream(array.toType(DataType.FLOAT64, false).toDoubleArray());
    }

    private static double[] zip(double[] a, double[] b, DoubleBinaryOperator operator) {
        double[] result = new double[a.length];
        Arrays.setAll(result, i -> operator.applyAsDouble(a[i], b[i]));
        return result;
    }

    private static double dot(double[] a, double[] b) {
        return Arrays.stream(zip(a, b, (x, y) -> x * y)).sum();
    }

    private static void assertClose(NDList actual, double[] expected, double tolerance) {
        assertThat(values(actual)).containsExactly(expected, within(tolerance));
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT16", "FLOAT32", "FLOAT64"})
    void copyConvertsBothWays(DataType type) {
        NDList narrow = randomList(type);
        NDList wide = floats();
        tensors.copy(narrow, wide);
        assertThat(wide).allMatch(array -> array.getDataType() == DataType.FLOAT32);
        double[] expected =
                zip(
                        values(narrow),
                        values(narrow),
                        (a, b) -> type == DataType.FLOAT64 ? (float) a : a);
        assertThat(values(wide)).containsExactly(expected);

        NDList other = randomList(type);
        tensors.copy(wide, other);
        assertThat(other).allMatch(array -> array.getDataType() == type);
        assertThat(values(other)).containsExactly(expected);
    }

    @Test
    void zeroOverwritesNanAndInfinity() {
        NDList arrays = floats();
        arrays.get(2).divi(0f);
        arrays.get(0).muli(Float.NaN);
        assertThat(values(arrays)).contains(Double.NaN, Double.POSITIVE_INFINITY);
        tensors.zero(arrays);
        assertThat(values(arrays)).containsOnly(0);
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT32", "FLOAT64"})
    void matchDoubleArithmetic(DataType type) {
        double tolerance = type == DataType.FLOAT64 ? 1e-15 : 5e-7;
        NDList a = randomList(type);
        NDList b = randomList(type);
        double[] x = values(a);
        double[] y = values(b);

        tensors.addScaled(a, b, 0.3);
        x = zip(x, y, (p, q) -> p + 0.3 * q);
        assertClose(a, x, tolerance);

        tensors.scale(a, -1.7);
        x = zip(x, y, (p, q) -> -1.7 * p);
        assertClose(a, x, tolerance);

        tensors.average(a, b, 0.9);
        x = zip(x, y, (p, q) -> 0.9 * p + 0.1 * q);
        assertClose(a, x, tolerance);
        assertThat(values(b)).containsExactly(y);

        NDArray norm = tensors.squaredNorm(a, manager);
        assertScalar(norm, type, dot(x, x));
        double[] difference = zip(x, y, (p, q) -> p - q);
        assertScalar(tensors.squaredDistance(a, b, manager), type, dot(difference, difference));
    }

    private static void assertScalar(NDArray actual, DataType type, double expected) {
        assertThat(actual.getShape()).isEqualTo(new Shape());
        assertThat(actual.getDataType()).isEqualTo(type);
        double value = actual.toType(DataType.FLOAT64, false).getDouble();
        assertThat(value).isCloseTo(expected, within(1e-6 * expected));
    }

    @Test
    void halfPrecisionIsRoundedOnce() {
        NDList half = randomList(DataType.FLOAT16);
        NDList source = floats();
        double[] x = values(half);
        double[] y = values(source);

        assertScalar(tensors.squaredNorm(half, manager), DataType.FLOAT32, dot(x, x));
        double[] difference = zip(x, y, (p, q) -> p - q);
        assertScalar(
                tensors.squaredDistance(half, source, manager),
                DataType.FLOAT32,
                dot(difference, difference));

        tensors.addScaled(half, source, 0.3);
        assertRounded(half, zip(x, y, (p, q) -> p + 0.3f * q));

        tensors.copy(listOf(x), half);
        tensors.average(half, source, 0.75);
        assertRounded(half, zip(x, y, (p, q) -> p + 0.25 * (q - p)));

        tensors.copy(listOf(x), half);
        AscentArrays arrays = arrays(half, source, source);
        tensors.ascend(Neighborhood.euclidean(), arrays, 0.125);
        assertRounded(half, zip(x, y, (p, q) -> p + 0.125 * q));
    }

    private NDList listOf(double[] values) {
        NDList list = new NDList();
        int start = 0;
        for (Shape shape : SHAPES) {
            int end = start + (int) shape.size();
            list.add(manager.create(Arrays.copyOfRange(values, start, end), shape));
            start = end;
        }
        return list;
    }

    /** Float32 arithmetic may fall on the other side of a tie than exact arithmetic, but rarely. */
    private void assertRounded(NDList actual, double[] exact) {
        NDArray rounded = manager.create(exact).toType(DataType.FLOAT16, false);
        double[] expected = values(rounded).toArray();
        double[] found = values(actual);
        assertThat(IntStream.range(0, found.length).filter(i -> found[i] != expected[i]).count())
                .isLessThanOrEqualTo(1);
        assertThat(found).containsExactly(expected, within(0x1p-9));
    }

    @Test
    void acceptEmptyLists() {
        NDList none = new NDList();
        tensors.copy(none, none);
        tensors.zero(none);
        tensors.scale(none, 2);
        tensors.addScaled(none, none, 2);
        tensors.average(none, none, 0.5);
        AscentArrays arrays = AscentArrays.of(none, none, List.of());
        tensors.ascend(Neighborhood.adaptive(), arrays, 1);
        assertThat(tensors.squaredNorm(none, manager)).isEqualTo(manager.create(0f));
        assertThat(tensors.squaredDistance(none, none, manager)).isEqualTo(manager.create(0f));
        assertThat(tensors.ascentMoments(Neighborhood.adaptive(), arrays, manager))
                .isEqualTo(manager.create(new float[3]));
    }

    @Test
    void changeWeightsThatRequireGradient() {
        NDList weights = floats();
        weights.forEach(array -> array.setRequiresGradient(true));
        NDList source = floats();
        double[] y = values(source);
        tensors.copy(source, weights);
        assertThat(values(weights)).containsExactly(y);
        AscentArrays arrays = arrays(weights, source, source);
        tensors.ascend(Neighborhood.euclidean(), arrays, 1);
        assertClose(weights, zip(y, y, Double::sum), 1e-6);
        tensors.scale(weights, 0.5);
        tensors.addScaled(weights, source, 1);
        tensors.average(weights, source, 0.5);
        assertClose(weights, zip(y, y, (p, q) -> 1.5 * p), 1e-6);
        tensors.zero(weights);
        assertThat(values(weights)).containsOnly(0);
        assertThat(weights).allMatch(NDArray::hasGradient);
    }

    static Stream<Neighborhood> neighborhoods() {
        return Stream.of(
                Neighborhood.euclidean(),
                Neighborhood.adaptive(),
                Neighborhood.adaptive(0.01f),
                Neighborhood.adaptive(0.01f).onWeightsOnly(),
                Neighborhood.fisher(0.1f),
                Neighborhood.fisher(0.1f, NOISE),
                Neighborhood.fisherShared(3f, NOISE));
    }

    private static AscentArrays arrays(NDList parameters, NDList gradients, NDList fisher) {
        List<Boolean> weights = List.of(true, false, true, false, true, false);
        return new AscentArrays(
                parameters,
                gradients,
                fisher,
                Optional.empty(),
                weights.subList(0, parameters.size()));
    }

    /** D, element by element. */
    private double[] inverseMetric(Neighborhood neighborhood, AscentArrays arrays) {
        double[] theta = values(arrays.parameters());
        if (neighborhood instanceof Neighborhood.Adaptive adaptive) {
            boolean[] scaled = new boolean[theta.length];
            int start = 0;
            for (int i = 0; i < arrays.weights().size(); i++) {
                int end = start + (int) arrays.parameters().get(i).size();
                boolean on = !adaptive.weightsOnly() || arrays.weights().get(i);
                Arrays.fill(scaled, start, end, on);
                start = end;
            }
            double[] d = new double[theta.length];
            Arrays.setAll(d, i -> scaled[i] ? Math.pow(Math.abs(theta[i]) + adaptive.eta(), 2) : 1);
            return d;
        }
        if (neighborhood instanceof Neighborhood.Fisher fisher) {
            return fisherMetric(values(arrays.fisherGradients()), fisher.eta());
        }
        if (neighborhood instanceof Neighborhood.NoisyFisher fisher) {
            return fisherMetric(values(arrays.fisherGradients()), fisher.eta());
        }
        if (neighborhood instanceof Neighborhood.Euclidean) {
            double[] ones = new double[theta.length];
            Arrays.fill(ones, 1);
            return ones;
        }
        throw new IllegalStateException("no oracle for " + neighborhood);
    }

    private static double[] fisherMetric(double[] source, double eta) {
        return Arrays.stream(source).map(f -> 1 / (1 + eta * f * f)).toArray();
    }

    @ParameterizedTest
    @MethodSource("neighborhoods")
    void ascentHasTheLengthOfTheRadiusInItsMetric(Neighborhood neighborhood) {
        AscentArrays arrays = arrays(floats(), floats(), floats());
        double[] theta = values(arrays.parameters());
        double[] g = values(arrays.directions());
        double[] metric = inverseMetric(neighborhood, arrays);
        double[] direction = zip(metric, g, (d, x) -> d * x);

        float[] moments = tensors.ascentMoments(neighborhood, arrays, manager).toFloatArray();
        assertThat((double) moments[0]).isCloseTo(dot(g, g), within(1e-6 * dot(g, g)));
        assertThat((double) moments[1])
                .isCloseTo(dot(g, direction), within(1e-6 * dot(g, direction)));
        assertThat((double) moments[2])
                .isCloseTo(dot(direction, direction), within(1e-6 * dot(direction, direction)));

        double radius = 0.37;
        double scale = radius / (Math.sqrt(moments[1]) + Ascent.FLOOR);
        NDList saved = floats();
        tensors.ascend(neighborhood, arrays, scale, saved);
        assertThat(values(saved)).containsExactly(theta);
        double[] epsilon = zip(values(arrays.parameters()), theta, (p, q) -> p - q);
        assertThat(epsilon).containsExactly(zip(direction, g, (d, x) -> scale * d), within(1e-6));
        // εᵀD⁻¹ε = r²: ‖ε‖ = ρ for SAM, ‖T⁻¹ε‖ = ρ for ASAM, εᵀFε = γ² for Fisher SAM
        double length = dot(zip(epsilon, metric, (e, d) -> e / d), epsilon);
        assertThat(length).isCloseTo(radius * radius, within(2e-5 * radius * radius));
        assertThat(values(arrays.directions())).containsExactly(g);
    }

    /** An array of one element would be copied into every element of a longer one. */
    @Test
    void refusesToSaveInOtherShapes() {
        NDList theta = new NDList(manager.ones(new Shape(1)));
        AscentArrays arrays = AscentArrays.of(theta, theta, List.of(true));
        NDList longer = new NDList(manager.ones(new Shape(4)));
        assertThatThrownBy(() -> tensors.ascend(Neighborhood.euclidean(), arrays, 0.2, longer))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("saved[0] must be of its parameter's shape (1), received: (4)");
        assertThat(values(theta)).containsExactly(1);
    }

    @Test
    void fisherWithoutEtaIsSam() {
        NDList theta = floats();
        NDList g = floats();
        NDList other = new NDList();
        theta.forEach(array -> other.add(array.duplicate()));
        tensors.ascend(Neighborhood.euclidean(), arrays(theta, g, g), 0.2);
        tensors.ascend(Neighborhood.fisher(0f), arrays(other, g, floats()), 0.2);
        assertThat(values(other)).containsExactly(values(theta));
    }

    @ParameterizedTest
    @MethodSource("neighborhoods")
    void zeroGradientsGiveNoAscent(Neighborhood neighborhood) {
        AscentArrays arrays = arrays(floats(), floats(), floats());
        tensors.zero(arrays.directions());
        double[] theta = values(arrays.parameters());
        float[] moments = tensors.ascentMoments(neighborhood, arrays, manager).toFloatArray();
        assertThat(moments).containsOnly(0f);
        tensors.ascend(neighborhood, arrays, 0.1 / (Math.sqrt(moments[1]) + Ascent.FLOOR));
        assertThat(values(arrays.parameters())).containsExactly(theta);
    }

    @Test
    void zeroWeightsDoNotMoveUnderAsam() {
        AscentArrays arrays = arrays(floats(), floats(), floats());
        tensors.zero(arrays.parameters());
        tensors.ascend(Neighborhood.adaptive(), arrays, 5);
        assertThat(values(arrays.parameters())).containsOnly(0);
        tensors.ascend(Neighborhood.adaptive(0.1f), arrays, 5);
        assertThat(values(arrays.parameters())).doesNotContain(0);
    }

    @Test
    void keepNoHandles() {
        AscentArrays arrays = arrays(floats(), floats(), floats());
        NDList half = randomList(DataType.FLOAT16);
        try (NDManager owner = manager.newSubManager()) {
            int before = manager.getManagedArrays().size();
            for (int call = 0; call < 2_000; call++) {
                use(arrays, half, owner);
                assertThat(owner.getManagedArrays()).hasSize(3);
                owner.getManagedArrays().forEach(NDArray::close);
            }
            assertThat(manager.getManagedArrays()).hasSize(before);
        }
    }

    private void use(AscentArrays arrays, NDList half, NDManager owner) {
        tensors.copy(arrays.directions(), half);
        tensors.zero(half);
        tensors.scale(half, 0.5);
        tensors.addScaled(arrays.parameters(), half, 0.5);
        tensors.average(half, arrays.parameters(), 0.9);
        tensors.squaredNorm(half, owner);
        tensors.squaredDistance(arrays.parameters(), half, owner);
        tensors.ascentMoments(Neighborhood.adaptive(0.1f), arrays, owner);
        tensors.ascend(Neighborhood.fisher(0.1f), arrays, 1e-6);
    }

    @Test
    void listsOfDifferentSizesAreRefused() {
        NDList theta = floats();
        NDList g = new NDList(theta.subList(1, 3));
        List<Boolean> weights = Collections.nCopies(theta.size(), true);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AscentArrays(theta, g, theta, Optional.empty(), weights))
                .withMessage("directions must be as many as the 6 parameters, received: 2");
    }

    @Test
    void arraysOfOtherShapesAreRefused() {
        NDList theta = new NDList(manager.ones(new Shape(2)), manager.ones(new Shape(3, 2)));
        NDList g = new NDList(manager.ones(new Shape(2)), manager.ones(new Shape(2, 3)));
        List<Boolean> weights = List.of(true, true);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AscentArrays(theta, theta, g, Optional.empty(), weights))
                .withMessage(
                        "fisherGradients[1] must be of its parameter's shape (3, 2), received:"
                                + " (2, 3)");
    }
}
