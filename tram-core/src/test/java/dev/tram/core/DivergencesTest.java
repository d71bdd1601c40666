package dev.tram.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DivergencesTest {

    private static final String BERNOULLI = "bernoulli-kl";

    private final Random random = new Random(11);
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

    static Stream<String> perDistribution() {
        return names().stream().filter(name -> !name.equals("mmd"));
    }

    static Stream<String> ofSeveralClasses() {
        return names().stream().filter(name -> !name.equals(BERNOULLI));
    }

    static Stream<Arguments> shapes() {
        return names().stream()
                .flatMap(
                        name ->
                                Stream.of(new Shape(5, 3), new Shape(2, 3, 7), new Shape(2))
                                        .map(shape -> Arguments.of(name, shape)));
    }

    /** The shape as it is, with a class axis of size 1 for single-logit outputs. */
    private static Shape fit(String name, Shape shape) {
        if (!name.equals(BERNOULLI)) {
            return shape;
        }
        return shape.slice(0, shape.dimension() - 1).add(1);
    }

    /**
     * Of ten operations on numbers of the size of 1, from which even a small d is made, or of d.
     */
    private static Offset<Double> rounding(double d) {
        return within(10 * Math.ulp((float) Math.max(1, d)) / 2.0);
    }

    private NDArray logits(Shape shape, double scale) {
        float[] values = new float[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        return manager.create(values, shape);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void areNeverNegativeAndScalar(String name, Shape shape) {
        Divergence divergence = Divergences.named(name);
        for (double scale : new double[] {1e-4, 1e-2, 1, 30}) {
            NDArray target = logits(fit(name, shape), scale);
            NDArray d = divergence.between(target, logits(fit(name, shape), scale));
            assertThat(d.getShape()).isEqualTo(new Shape());
            assertThat(d.getDataType()).isEqualTo(DataType.FLOAT32);
            assertThat(d.getFloat()).isNotNegative().isFinite();
            if (scale >= 1) {
                assertThat(d.getFloat()).isPositive();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void areExactlyZeroAtEqualInputs(String name, Shape shape) {
        Divergence divergence = Divergences.named(name);
        for (double scale : new double[] {1e-3, 1, 30, 1e4}) {
            NDArray target = logits(fit(name, shape), scale);
            assertThat(divergence.between(target, target.duplicate()).getFloat()).isEqualTo(0f);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void areFiniteAtHugeLogits(String name) {
        Shape shape = fit(name, new Shape(3, 3));
        float[] values = new float[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 2 == 0 ? 1e4f : -1e4f;
        }
        NDArray target = manager.create(values, shape);
        assertThat(Divergences.named(name).between(target, target.neg()).getFloat())
                .isFinite()
                .isPositive();
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT16", "FLOAT64"})
    void acceptOtherPrecisions(DataType type) {
        for (String name : names()) {
            Divergence divergence = Divergences.named(name);
            NDArray target = logits(fit(name, new Shape(6, 4)), 2).toType(type, false);
            NDArray estimate = logits(fit(name, new Shape(6, 4)), 2).toType(type, false);
            NDArray d = divergence.between(target, estimate);
            double expected =
                    divergence
                            .between(
                                    target.toType(DataType.FLOAT64, true),
                                    estimate.toType(DataType.FLOAT64, true))
                            .getDouble();
            boolean wide = type == DataType.FLOAT64;
            assertThat(d.getDataType()).isEqualTo(wide ? DataType.FLOAT64 : DataType.FLOAT32);
            assertThat(d.toType(DataType.FLOAT64, false).getDouble())
                    .as(name)
                    .isCloseTo(expected, within(1e-6 * Math.max(1, expected)));
            assertThat(divergence.between(target, target).toType(DataType.FLOAT64, false))
                    .isEqualTo(manager.create(0d));
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void propagateNan(String name) {
        NDArray target = logits(fit(name, new Shape(3, 3)), 1);
        NDArray estimate = target.duplicate();
        estimate.set(new float[(int) estimate.size()]);
        NDArray broken = estimate.div(0f);
        assertThat(Divergences.named(name).between(target, broken).getFloat()).isNaN();
    }

    @ParameterizedTest
    @MethodSource("perDistribution")
    void averageOverDistributions(String name) {
        Divergence divergence = Divergences.named(name);
        NDArray target = logits(fit(name, new Shape(4, 3)), 1);
        NDArray estimate = logits(fit(name, new Shape(4, 3)), 1);
        double mean = 0;
        for (int row = 0; row < 4; row++) {
            mean += divergence.between(target.get(row), estimate.get(row)).getFloat() / 4.0;
        }
        assertThat((double) divergence.between(target, estimate).getFloat())
                .isCloseTo(mean, rounding(mean));
    }

    @ParameterizedTest
    @MethodSource("names")
    void masksCountValidPositionsOnly(String name) {
        assertMaskGathers(Divergences.named(name), fit(name, new Shape(2, 3, 4)));
    }

    @Test
    void masksCountValidPositionsOnlyOfALambda() {
        Divergence largest = (target, estimate) -> target.sub(estimate).abs().max();
        assertMaskGathers(largest, new Shape(2, 3, 4));
    }

    private void assertMaskGathers(Divergence divergence, Shape shape) {
        NDArray target = logits(shape, 1);
        NDArray estimate = logits(shape, 1);
        long classes = shape.get(2);
        NDArray rows = manager.create(new long[] {0, 2, 4});
        double expected =
                divergence
                        .between(
                                target.reshape(6, classes).get(rows),
                                estimate.reshape(6, classes).get(rows))
                        .getFloat();
        NDArray valid = manager.create(new float[] {1, 0, 1, 0, 1, 0}, new Shape(2, 3));
        for (DataType type : List.of(DataType.FLOAT32, DataType.BOOLEAN, DataType.INT64)) {
            NDArray mask = valid.toType(type, false);
            NDArray d = divergence.between(target, estimate, mask);
            assertThat((double) d.getFloat()).isCloseTo(expected, rounding(expected));
            assertThat(d.getShape()).isEqualTo(new Shape());
            assertThat(divergence.between(target, estimate, mask.zerosLike()).getFloat()).isZero();
        }
        double whole = divergence.between(target, estimate).getFloat();
        assertThat((double) divergence.between(target, estimate, valid.onesLike()).getFloat())
                .isCloseTo(whole, rounding(whole));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> divergence.between(target, estimate, valid.get(0)))
                .withMessage("valid positions must be of shape (2, 3), received: (3)");
    }

    @ParameterizedTest
    @MethodSource("ofSeveralClasses")
    void refuseASingleClass(String name) {
        NDArray single = logits(new Shape(4, 1), 1);
        Divergence divergence = Divergences.named(name);
        if (name.equals("l2") || name.equals("mmd")) {
            // on logits, not on probabilities: a single logit is a point like any other
            assertThat(divergence.between(single, single.add(3f)).getFloat()).isPositive();
        } else {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> divergence.between(single, single))
                    .withMessageContaining(name + " logits must be of at least 2 classes")
                    .withMessageEndingWith("received: (4, 1)");
        }
    }

    /** Independent labels: the KL of the product is the sum of the KLs. */
    @Test
    void bernoulliAddsItsLabelsUp() {
        NDArray target = logits(new Shape(4, 3), 1);
        NDArray estimate = logits(new Shape(4, 3), 1);
        double sum = 0;
        for (int label = 0; label < 3; label++) {
            NDIndex column = new NDIndex(":, {}:{}", label, label + 1);
            sum +=
                    Divergences.bernoulliKl()
                            .between(target.get(column), estimate.get(column))
                            .getFloat();
        }
        assertThat((double) Divergences.bernoulliKl().between(target, estimate).getFloat())
                .isCloseTo(sum, rounding(sum));
    }

    /** ‖μ_P − μ_Q‖² / (2σ²): (1 + 4) / (2 · 0.25) and 9 / (2 · 0.25), their mean, and the first. */
    @Test
    void gaussianIsTheSquaredDistanceInUnitsOfItsDeviation() {
        Divergence gaussian = Divergences.gaussianKl(0.5f);
        NDArray target = manager.create(new float[] {1, 2, 0, 3}, new Shape(2, 2));
        NDArray estimate = manager.create(new float[] {2, 4, 0, 0}, new Shape(2, 2));
        assertThat(gaussian.between(target, estimate).getFloat()).isEqualTo(14f);
        NDArray valid = manager.create(new float[] {1, 0});
        assertThat(gaussian.between(target, estimate, valid).getFloat()).isEqualTo(10f);
        assertThat(gaussian.between(target, target).getFloat()).isZero();
        assertThat(gaussian).hasToString("gaussian-kl-0.5");
        assertThat(Divergences.named("gaussian-kl-0.5")).isEqualTo(gaussian);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Divergences.gaussianKl(0))
                .withMessageContaining("sigma")
                .withMessageEndingWith("received: 0.0");
    }

    @Test
    void bernoulliIsKlOfTwoClassesWithOneLogitAtZero() {
        double p = 1 / (1 + Math.exp(-0.7));
        double q = 1 / (1 + Math.exp(1.3));
        double expected = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
        NDArray target = manager.create(new float[] {0.7f}, new Shape(1, 1));
        NDArray estimate = manager.create(new float[] {-1.3f}, new Shape(1, 1));
        assertThat((double) Divergences.bernoulliKl().between(target, estimate).getFloat())
                .isCloseTo(expected, rounding(expected));
    }

    @Test
    void refuseShapesThatDiffer() {
        for (String name : names()) {
            NDArray target = logits(fit(name, new Shape(4, 3)), 1);
            NDArray estimate = logits(fit(name, new Shape(5, 3)), 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Divergences.named(name).between(target, estimate))
                    .withMessageStartingWith("targetLogits must be of the estimate's shape (5, ");
        }
        NDArray scalar = manager.create(1f);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Divergences.l2().between(scalar, scalar))
                .withMessageContaining("logits must be of shape");
    }

    @Test
    void mmdSamplesRowsEvenly() {
        NDArray target = logits(new Shape(10, 3), 1);
        NDArray estimate = logits(new Shape(10, 3), 1);
        NDArray rows = manager.create(new long[] {0, 2, 5, 7});
        assertThat(Divergences.mmd(4).between(target, estimate))
                .isEqualTo(Divergences.mmd().between(target.get(rows), estimate.get(rows)));
        assertThat(Divergences.mmd(10).between(target, estimate))
                .isEqualTo(Divergences.mmd().between(target, estimate));
    }

    @Test
    void mmdTakesAtMost1024RowsAndManyClasses() {
        NDArray target = logits(new Shape(1025, 2), 1);
        NDArray estimate = logits(new Shape(1025, 2), 1);
        NDArray first = manager.arange(1024);
        assertThat(Divergences.mmd().between(target, estimate))
                .isEqualTo(
                        Divergences.mmd(2000)
                                .between(
                                        target.get(first.toType(DataType.INT64, false)),
                                        estimate.get(first.toType(DataType.INT64, false))));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Divergences.mmd(0))
                .withMessage("maxRows must be an integer >= 1, received: 0");
    }

    @Test
    void resolvesNames() {
        assertThat(names())
                .containsExactly(
                        "forward-kl",
                        "reverse-kl",
                        "symmetric-kl",
                        "jensen-shannon",
                        "renyi-0.5",
                        "renyi-2",
                        "bernoulli-kl",
                        "l2",
                        "mmd");
        for (String name : names()) {
            assertThat(Divergences.named(name)).hasToString(name);
        }
        assertThat(Divergences.named("renyi-1.5"))
                .isEqualTo(Divergences.renyi(1.5f))
                .hasSameHashCodeAs(Divergences.renyi(1.5f))
                .isNotEqualTo(Divergences.renyi(2f));
        assertThat(Divergences.named(Divergences.renyi(1e-5f).toString()))
                .isEqualTo(Divergences.renyi(1e-5f));
        assertThat(Divergences.mmd()).isEqualTo(Divergences.mmd(1024));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Divergences.named("renyi-x"))
                .withMessageContaining("divergence must be one of forward-kl, ")
                .withMessageEndingWith("received: renyi-x");
    }

    @Test
    void refuseOrdersThatRenyiLacks() {
        for (float alpha : new float[] {0f, -1f, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Divergences.renyi(alpha))
                    .withMessage("alpha must be a finite number > 0, received: " + alpha);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Divergences.named("renyi-1"))
                .withMessageContaining("alpha must be other than 1")
                .withMessageEndingWith("received: 1.0");
    }

    @Test
    void attachTheResultToTheEstimateAndLeaveNothingBehind() {
        try (NDManager targets = manager.newSubManager();
                NDManager estimates = manager.newSubManager()) {
            for (String name : names()) {
                NDArray target = logits(fit(name, new Shape(2, 3, 4)), 1);
                NDArray estimate = logits(fit(name, new Shape(2, 3, 4)), 1);
                target.attach(targets);
                estimate.attach(estimates);
                int before = targets.getManagedArrays().size();
                NDArray d = Divergences.named(name).between(target, estimate);
                assertThat(d.getManager()).isSameAs(estimates);
                assertThat(targets.getManagedArrays()).hasSize(before);
            }
            assertThat(estimates.getManagedArrays()).hasSize(2 * names().size());
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-3, 1e-2})
    void areSmallForSmallDifferencesOverAVocabulary(double scale) {
        NDArray target = logits(new Shape(16, 20_000), 2);
        NDArray estimate = target.add(logits(new Shape(16, 20_000), scale));
        NDList wide =
                new NDList(
                        target.toType(DataType.FLOAT64, true),
                        estimate.toType(DataType.FLOAT64, true));
        // both softmaxes subtract the logarithm of a sum of 20,000 exponentials, 12 in size
        double rounding = 2 * Math.ulp(12f);
        for (String name : List.of("forward-kl", "symmetric-kl", "jensen-shannon", "renyi-2")) {
            Divergence divergence = Divergences.named(name);
            double expected = divergence.between(wide.get(0), wide.get(1)).getDouble();
            assertThat((double) divergence.between(target, estimate).getFloat())
                    .as(name)
                    .isCloseTo(expected, within(rounding));
        }
    }
}
