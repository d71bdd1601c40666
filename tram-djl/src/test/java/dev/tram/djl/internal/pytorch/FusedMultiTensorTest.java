package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.tram.core.AscentArrays;
import dev.tram.core.MultiTensor;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FusedMultiTensorTest {

    private static final double TOLERANCE = 1e-6;

    /** Scalars, odd sizes, an empty array and one larger than a block. */
    private static final List<Shape> SHAPES =
            List.of(
                    new Shape(),
                    new Shape(1),
                    new Shape(3, 5),
                    new Shape(7, 11, 13),
                    new Shape(0),
                    new Shape(20_000),
                    new Shape(32_256),
                    new Shape(100, 200),
                    new Shape(32_257),
                    new Shape(140_001),
                    new Shape(2, 65_536));

    private static final MultiTensor PORTABLE = MultiTensor.portable();

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager("PyTorch");
        manager.getEngine().setRandomSeed(7);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** Both on a CPU; the blocked ones know no other device. */
    static Stream<MultiTensor> kernels() {
        boolean gpu = Engine.getEngine("PyTorch").defaultDevice().isGpu();
        return Stream.of(FusedMultiTensor.BLOCKED, FusedMultiTensor.FOREACH)
                .skip(gpu ? 1 : 0)
                .map(source -> new FusedMultiTensor(device -> source));
    }

    static Stream<Arguments> ascents() {
        Noise noise = Noise.gaussian(0.1f);
        List<Neighborhood> neighborhoods =
                List.of(
                        Neighborhood.euclidean(),
                        Neighborhood.adaptive(),
                        Neighborhood.adaptive(0.3f),
                        Neighborhood.adaptive(0.01f).onWeightsOnly(),
                        Neighborhood.fisher(0.5f),
                        Neighborhood.fisher(0.5f, noise),
                        Neighborhood.fisherShared(0.5f, noise));
        return kernels()
                .flatMap(kernel -> neighborhoods.stream().map(n -> Arguments.of(kernel, n)));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void changesArraysAsThePortableOperationsDo(MultiTensor fused) {
        NDList source = random(1f);
        assertSameChange(fused, (tensors, target) -> tensors.copy(source, target));
        assertSameChange(fused, (tensors, target) -> tensors.zero(target));
        assertSameChange(fused, (tensors, target) -> tensors.scale(target, 0.37));
        assertSameChange(fused, (tensors, target) -> tensors.addScaled(target, source, -1.7));
        assertSameChange(fused, (tensors, target) -> tensors.average(target, source, 0.999));
        assertSameChange(fused, (tensors, target) -> tensors.average(target, source, 0.2));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void convertsHalfPrecision(MultiTensor fused) {
        NDList half = as(DataType.FLOAT16, random(1f));
        NDList single = as(DataType.FLOAT32, half);
        NDList target = random(1f);
        NDList expected = copyOf(target);
        fused.addScaled(target, half, 2);
        PORTABLE.addScaled(expected, single, 2);
        assertClose(target, expected);

        fused.copy(single, half);
        assertClose(as(DataType.FLOAT32, half), single);
        assertThat(value(fused.squaredNorm(half, manager)))
                .isCloseTo(value(PORTABLE.squaredNorm(single, manager)), norm(fused));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void measuresNormsAndDistances(MultiTensor fused) {
        NDList a = random(1f);
        NDList b = random(2f);
        NDArray norm = fused.squaredNorm(a, manager);
        NDArray distance = fused.squaredDistance(a, b, manager);
        assertThat(norm.getShape()).isEqualTo(new Shape());
        assertThat(distance.getShape()).isEqualTo(new Shape());
        assertThat(norm.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(value(norm)).isCloseTo(exactNorm(a), norm(fused));
        assertThat(value(norm)).isCloseTo(value(PORTABLE.squaredNorm(a, manager)), norm(fused));
        assertThat(value(distance))
                .isCloseTo(value(PORTABLE.squaredDistance(a, b, manager)), norm(fused));
        NDArray dot = fused.dot(a, b, manager);
        assertThat(dot.getShape()).isEqualTo(new Shape());
        // Of terms of both signs, whose rounding is in proportion to the lengths.
        double lengths = Math.sqrt(exactNorm(a) * exactNorm(b));
        assertThat(value(dot))
                .isCloseTo(value(PORTABLE.dot(a, b, manager)), within(1e-6 * lengths));
        assertThat(value(fused.dot(a, a, manager))).isCloseTo(exactNorm(a), norm(fused));
    }

    /** D = 1 / (√(v / correction) + ε), and 1 while there is no v. */
    @ParameterizedTest
    @MethodSource("kernels")
    void ascendsInAdamsMetric(MultiTensor fused) {
        for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT16)) {
            AscentArrays plain = arrays(type);
            NDList moments = new NDList();
            random(1f).forEach(array -> moments.add(array.square()));
            AscentArrays.Preconditioner v = new AscentArrays.Preconditioner(moments, 0.271, 1e-3f);
            AscentArrays warm =
                    new AscentArrays(
                            plain.parameters(),
                            plain.directions(),
                            plain.fisherGradients(),
                            Optional.of(v),
                            plain.weights());
            assertSameAscent(fused, Neighborhood.preconditioned(), warm);
            assertSameAscent(fused, Neighborhood.preconditioned(), plain);
        }
    }

    /** A plain float32 running sum of equal terms is off by 3e-4 here. */
    @Test
    void sumsManyEqualTermsAccurately() {
        NDList constant = new NDList(manager.full(new Shape(800_000), 0.1f));
        double value = value(FusedMultiTensor.INSTANCE.squaredNorm(constant, manager));
        assertThat(value).isCloseTo(exactNorm(constant), norm(FusedMultiTensor.INSTANCE));
    }

    @ParameterizedTest
    @MethodSource("ascents")
    void ascendsAsThePortableOperationsDo(MultiTensor fused, Neighborhood neighborhood) {
        assertSameAscent(fused, neighborhood, arrays(DataType.FLOAT32));
        assertSameAscent(fused, neighborhood, arrays(DataType.FLOAT16));
    }

    private void assertSameAscent(
            MultiTensor fused, Neighborhood neighborhood, AscentArrays arrays) {
        NDList before = copyOf(arrays.parameters());
        NDArray moments = fused.ascentMoments(neighborhood, arrays, manager);
        assertThat(moments.getShape()).isEqualTo(new Shape(3));
        float[] expected = PORTABLE.ascentMoments(neighborhood, arrays, manager).toFloatArray();
        float[] actual = moments.toFloatArray();
        for (int i = 0; i < 3; i++) {
            assertThat((double) actual[i]).isCloseTo(expected[i], norm(fused));
        }

        fused.ascend(neighborhood, arrays, 0.7);
        NDList ascended = copyOf(arrays.parameters());
        PORTABLE.copy(before, arrays.parameters());
        NDList saved = random(1f);
        fused.ascend(neighborhood, arrays, 0.7, saved);
        assertThat(saved).isEqualTo(before);
        assertThat(arrays.parameters()).isEqualTo(ascended);
        PORTABLE.copy(before, arrays.parameters());
        PORTABLE.ascend(neighborhood, arrays, 0.7);
        assertClose(ascended, arrays.parameters());
        assertThat(value(PORTABLE.squaredDistance(ascended, before, manager))).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void resultsDoNotDependOnTheNumberOfThreads(int threads) {
        List<Neighborhood> neighborhoods =
                List.of(
                        Neighborhood.euclidean(),
                        Neighborhood.adaptive(0.01f).onWeightsOnly(),
                        Neighborhood.fisher(0.5f));
        for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
            AscentArrays arrays = as(type, arrays(type));
            assertSameForThreads(threads, neighborhoods, arrays);
        }
    }

    private static AscentArrays as(DataType type, AscentArrays arrays) {
        return new AscentArrays(
                as(type, arrays.parameters()),
                arrays.directions(),
                arrays.fisherGradients(),
                Optional.empty(),
                arrays.weights());
    }

    private void assertSameForThreads(
            int threads, List<Neighborhood> neighborhoods, AscentArrays arrays) {
        NDList before = copyOf(arrays.parameters());
        for (Neighborhood neighborhood : neighborhoods) {
            NDList expected = new NDList();
            ThreadCount.with(1, () -> expected.addAll(ascent(neighborhood, arrays, before)));
            ThreadCount.with(
                    threads,
                    () -> assertThat(ascent(neighborhood, arrays, before)).isEqualTo(expected));
        }
    }

    /** The moments, the norm, a distance, θ as it was saved, θ + ε and the restored θ. */
    private NDList ascent(Neighborhood neighborhood, AscentArrays arrays, NDList before) {
        FusedMultiTensor fused = FusedMultiTensor.INSTANCE;
        NDList saved = as(before.head().getDataType(), random(1f));
        NDList results = new NDList(fused.ascentMoments(neighborhood, arrays, manager));
        fused.ascend(neighborhood, arrays, 0.7, saved);
        results.add(fused.squaredNorm(arrays.parameters(), manager));
        results.add(fused.squaredDistance(arrays.parameters(), saved, manager));
        assertThat(saved).isEqualTo(before);
        results.addAll(copyOf(arrays.parameters()));
        fused.copy(saved, arrays.parameters());
        assertThat(arrays.parameters()).isEqualTo(before);
        return results;
    }

    @Test
    void refusesToSaveInOtherShapes() {
        NDList parameters = new NDList(manager.ones(new Shape(2)), manager.ones(new Shape(4)));
        NDList saved = new NDList(manager.ones(new Shape(2)), manager.ones(new Shape(3)));
        AscentArrays arrays = AscentArrays.of(parameters, parameters, List.of(true, true));
        assertThatThrownBy(
                        () ->
                                FusedMultiTensor.INSTANCE.ascend(
                                        Neighborhood.euclidean(), arrays, 1, saved))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("saved[1] must be of its parameter's shape (4), received: (3)");
        assertThat(parameters.get(0)).isEqualTo(manager.ones(new Shape(2)));
    }

    @Test
    void theLastCopyIntoAnArrayCounts() {
        NDArray target = manager.zeros(new Shape(32_000));
        NDList sources = new NDList();
        NDList targets = new NDList();
        for (int i = 0; i < 20; i++) {
            sources.add(manager.full(target.getShape(), (float) i));
            targets.add(target);
        }
        ThreadCount.with(3, () -> FusedMultiTensor.INSTANCE.copy(sources, targets));
        assertThat(target).isEqualTo(sources.get(19));
    }

    private AscentArrays arrays(DataType gradientType) {
        List<Boolean> weights = new ArrayList<>();
        for (int i = 0; i < SHAPES.size(); i++) {
            weights.add(i % 2 == 0);
        }
        return new AscentArrays(
                random(1f),
                as(gradientType, random(1f)),
                as(gradientType, random(1f)),
                Optional.empty(),
                weights);
    }

    /** More elements than the kernels take at once. */
    @Test
    void ascendsInSeveralGroups() {
        FusedMultiTensor fused = new FusedMultiTensor(device -> FusedMultiTensor.FOREACH);
        Shape shape = new Shape(9_000_000);
        NDList parameters = new NDList(manager.ones(shape), manager.ones(shape));
        NDList gradients = new NDList(manager.full(shape, 2f), manager.full(shape, 3f));
        AscentArrays arrays = AscentArrays.of(parameters, gradients, List.of(true, true));
        float[] moments =
                fused.ascentMoments(Neighborhood.euclidean(), arrays, manager).toFloatArray();
        fused.ascend(Neighborhood.euclidean(), arrays, 0.5);
        assertThat(moments[0]).isCloseTo(9e6f * 13, withPercentage(0.1));
        assertThat(parameters.get(0).eq(2f).all().getBoolean()).isTrue();
        assertThat(parameters.get(1).eq(2.5f).all().getBoolean()).isTrue();
        assertThat(value(fused.squaredDistance(parameters, gradients, manager)))
                .isCloseTo(9e6 * 0.25, withPercentage(0.1));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void followsTheLogicalOrderOfTransposedArrays(MultiTensor fused) {
        NDArray base = manager.randomNormal(new Shape(40, 30));
        NDArray gradient = manager.randomNormal(new Shape(30, 40));
        NDArray expected = base.transpose().add(gradient.mul(0.5));
        NDList parameters = new NDList(base.transpose());
        NDList gradients = new NDList(gradient);
        AscentArrays arrays = AscentArrays.of(parameters, gradients, List.of(Boolean.TRUE));
        NDArray old = base.duplicate();
        NDArray saved = manager.zeros(base.getShape());
        fused.ascend(Neighborhood.euclidean(), arrays, 0.5, new NDList(saved.transpose()));
        assertClose(new NDList(base), new NDList(expected.transpose()));
        assertThat(saved).isEqualTo(old);
        fused.copy(gradients, parameters);
        assertThat(base).isEqualTo(gradient.transpose());
    }

    /** The elements of the second array are one place in memory, which PyTorch does not change. */
    @ParameterizedTest
    @MethodSource("kernels")
    void anAscentThatFailsHalfWayLeavesTheParametersAsTheyWere(MultiTensor fused) {
        NDList parameters = new NDList(manager.ones(new Shape(100_000)));
        parameters.add(manager.ones(new Shape(1)).broadcast(new Shape(5)));
        NDList before = copyOf(parameters);
        AscentArrays arrays =
                AscentArrays.of(parameters, before, List.of(Boolean.TRUE, Boolean.TRUE));
        Neighborhood adaptive = Neighborhood.adaptive(0.1f);
        NDList saved = copyOf(before);
        assertThatThrownBy(() -> fused.ascend(adaptive, arrays, 0.5, saved))
                .isInstanceOf(RuntimeException.class);
        assertThat(parameters.get(0)).isEqualTo(before.get(0));
        assertThat(parameters.get(1).toFloatArray()).containsOnly(1f);
    }

    /** A list of float32 and float64 arrays is no list of one type, and ascends nevertheless. */
    @ParameterizedTest
    @MethodSource("kernels")
    void ascendsArraysOfSeveralTypes(MultiTensor fused) {
        NDList parameters =
                new NDList(
                        manager.ones(new Shape(100_000)),
                        manager.ones(new Shape(10), DataType.FLOAT64));
        NDList before = copyOf(parameters);
        AscentArrays arrays =
                AscentArrays.of(parameters, before, List.of(Boolean.TRUE, Boolean.TRUE));
        NDList saved = new NDList(parameters.get(0).zerosLike(), parameters.get(1).zerosLike());
        fused.ascend(Neighborhood.adaptive(1f), arrays, 0.5, saved);
        assertThat(saved).isEqualTo(before);
        assertThat(parameters.get(0).toFloatArray()).containsOnly(3f);
        assertThat(parameters.get(1).toDoubleArray()).containsOnly(3d);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void savesAnArrayThatIsListedTwiceAsItWas(MultiTensor fused) {
        NDArray array = manager.ones(new Shape(5));
        NDList parameters = new NDList(array, array);
        NDList gradients = new NDList(manager.ones(new Shape(5)), manager.ones(new Shape(5)));
        NDList saved = new NDList(manager.zeros(new Shape(5)), manager.zeros(new Shape(5)));
        AscentArrays arrays =
                AscentArrays.of(parameters, gradients, List.of(Boolean.TRUE, Boolean.TRUE));
        fused.ascend(Neighborhood.euclidean(), arrays, 0.5, saved);
        assertThat(array.toFloatArray()).containsOnly(2f);
        for (NDArray each : saved) {
            assertThat(each.toFloatArray()).containsOnly(1f);
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void zeroesWhateverWasThere(MultiTensor fused) {
        NDList arrays =
                new NDList(
                        manager.full(new Shape(5), Float.NaN),
                        manager.full(new Shape(2, 3), Float.POSITIVE_INFINITY));
        fused.zero(arrays);
        for (NDArray array : arrays) {
            assertThat(array.toFloatArray()).containsOnly(0f);
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void reportsNotANumber(MultiTensor fused) {
        NDList arrays = new NDList(manager.create(new float[] {1f, Float.NaN}));
        AscentArrays ascent = AscentArrays.of(arrays, arrays, List.of(Boolean.TRUE));
        assertThat(value(fused.squaredNorm(arrays, manager))).isNaN();
        assertThat(fused.ascentMoments(Neighborhood.adaptive(), ascent, manager).toFloatArray())
                .containsOnly(Float.NaN);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void acceptsEmptyLists(MultiTensor fused) {
        NDList none = new NDList();
        AscentArrays ascent = AscentArrays.of(none, none, List.of());
        fused.copy(none, none);
        fused.zero(none);
        fused.scale(none, 2);
        fused.addScaled(none, none, 2);
        fused.average(none, none, 0.9);
        fused.ascend(Neighborhood.euclidean(), ascent, 1);
        assertThat(value(fused.squaredNorm(none, manager))).isZero();
        assertThat(value(fused.squaredDistance(none, none, manager))).isZero();
        assertThat(fused.ascentMoments(Neighborhood.euclidean(), ascent, manager).toFloatArray())
                .containsExactly(0f, 0f, 0f);
    }

    @Test
    void refusesListsOfDifferentLengths() {
        NDList one = new NDList(manager.ones(new Shape(2)));
        assertThatThrownBy(() -> FusedMultiTensor.INSTANCE.copy(one, new NDList()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("source must have 0 arrays, received: 1");
        AscentArrays arrays = AscentArrays.of(one, one, List.of(true));
        Neighborhood euclidean = Neighborhood.euclidean();
        assertThatThrownBy(
                        () -> FusedMultiTensor.INSTANCE.ascend(euclidean, arrays, 1, new NDList()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("saved must have 1 arrays, received: 0");
    }

    /** Gradient mode is on in a new thread, where plain in-place changes of a weight fail. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void changesWeightsThatRequireGradientInAnyThread(boolean otherThread) throws Exception {
        NDArray weight = manager.ones(new Shape(4));
        weight.setRequiresGradient(true);
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
            collector.backward(weight.square().sum());
        }
        NDList weights = new NDList(weight);
        NDList gradients = new NDList(weight.getGradient());
        AscentArrays arrays = AscentArrays.of(weights, gradients, List.of(true));
        Runnable ascent =
                () -> {
                    FusedMultiTensor.INSTANCE.ascend(Neighborhood.euclidean(), arrays, 0.5);
                    FusedMultiTensor.INSTANCE.scale(weights, 3);
                };
        if (otherThread) {
            CompletableFuture.runAsync(ascent).get();
        } else {
            ascent.run();
        }
        assertThat(weight.toFloatArray()).containsOnly(6f);
        assertThat(weight.hasGradient()).isTrue();
    }

    /** Results may take part in a later backward pass, as those of plain operations may. */
    @Test
    void returnsArraysFitForGradients() {
        NDArray weight = manager.ones(new Shape(4));
        weight.setRequiresGradient(true);
        NDArray norm = FusedMultiTensor.INSTANCE.squaredNorm(new NDList(weight), manager);
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
            collector.backward(weight.mul(norm).sum());
        }
        assertThat(weight.getGradient().toFloatArray()).containsOnly(4f);
    }

    @Test
    void leavesNoHandleBehind() {
        NDList parameters = new NDList(manager.ones(new Shape(3)), manager.ones(new Shape(2, 2)));
        NDList buffers = copyOf(parameters);
        AscentArrays arrays = AscentArrays.of(parameters, parameters, List.of(true, true));
        int before = manager.getManagedArrays().size();
        for (int i = 0; i < 2_000; i++) {
            FusedMultiTensor.INSTANCE.copy(arrays.parameters(), buffers);
            FusedMultiTensor.INSTANCE
                    .ascentMoments(Neighborhood.adaptive(), arrays, manager)
                    .close();
        }
        assertThat(manager.getManagedArrays()).hasSize(before);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void factorsAreNotRoundedToTheFloat32OfOtherArrays(MultiTensor fused) {
        NDList ones = as(DataType.FLOAT64, new NDList(manager.ones(new Shape(5))));
        NDList arrays = copyOf(ones);
        fused.scale(arrays, 0.1);
        fused.addScaled(arrays, ones, 0.2);
        fused.average(arrays, ones, 0.7);
        fused.ascend(Neighborhood.euclidean(), AscentArrays.of(arrays, ones, List.of(true)), 0.3);
        double expected = 0.3 + 0.3 * (1 - 0.3) + 0.3;
        for (double value : arrays.head().toDoubleArray()) {
            assertThat(value).isCloseTo(expected, within(1e-15));
        }
    }

    private void assertSameChange(MultiTensor fused, BiConsumer<MultiTensor, NDList> operation) {
        NDList actual = random(1f);
        NDList expected = copyOf(actual);
        operation.accept(fused, actual);
        operation.accept(PORTABLE, expected);
        assertClose(actual, expected);
    }

    private NDList random(float deviation) {
        NDList arrays = new NDList();
        for (Shape shape : SHAPES) {
            arrays.add(manager.randomNormal(0f, deviation, shape, DataType.FLOAT32));
        }
        return arrays;
    }

    private static NDList copyOf(NDList arrays) {
        NDList copies = new NDList();
        arrays.forEach(array -> copies.add(array.duplicate()));
        return copies;
    }

    private static NDList as(DataType type, NDList arrays) {
        NDList converted = new NDList();
        arrays.forEach(array -> converted.add(array.toType(type, true)));
        return converted;
    }

    private static void assertClose(NDList actual, NDList expected) {
        for (int i = 0; i < expected.size(); i++) {
            float[] a = actual.get(i).toFloatArray();
            float[] e = expected.get(i).toFloatArray();
            assertThat(a).hasSameSizeAs(e);
            for (int j = 0; j < e.length; j++) {
                double bound = TOLERANCE * Math.max(Math.abs(e[j]), 1);
                if (!(Math.abs((double) a[j] - e[j]) <= bound)) {
                    assertThat(a[j]).as("array %d, element %d", i, j).isEqualTo(e[j]);
                }
            }
        }
    }

    private static double value(NDArray scalar) {
        return scalar.toType(DataType.FLOAT64, false).getDouble();
    }

    private static double exactNorm(NDList arrays) {
        double sum = 0;
        for (NDArray array : arrays) {
            for (float x : array.toFloatArray()) {
                sum += (double) x * x;
            }
        }
        return sum;
    }

    /**
     * The blocked kernels agree within 1e-6. On a CPU, where the others never run but here,
     * libtorch takes the vector norm that they build on by a plain float32 running sum.
     */
    private static Percentage norm(MultiTensor fused) {
        boolean blocked = fused.toString().contains(FusedMultiTensor.BLOCKED);
        return withPercentage(100 * (blocked ? TOLERANCE : 1e-4));
    }
}
