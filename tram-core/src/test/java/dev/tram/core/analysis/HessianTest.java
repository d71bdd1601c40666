package dev.tram.core.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HessianTest {

    private static final Shape[] SHAPES = {new Shape(2, 3), new Shape(), new Shape(5)};
    private static final int SIZE = 12;

    private final Random random = new Random(4);
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDList parameters() {
        return HostObjective.list(manager, random.doubles(SIZE, -1, 1).toArray(), SHAPES);
    }

    /** A symmetric matrix with known eigenvalues: QΛQ with a Householder reflection Q. */
    private double[][] symmetric(double... eigenvalues) {
        double[] v = random.doubles(SIZE, -1, 1).toArray();
        double square = HostObjective.dot(v, v);
        double[][] q = new double[SIZE][SIZE];
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                q[i][j] = (i == j ? 1 : 0) - 2 * v[i] * v[j] / square;
            }
        }
        double[][] a = new double[SIZE][SIZE];
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                for (int k = 0; k < eigenvalues.length; k++) {
                    a[i][j] += q[i][k] * eigenvalues[k] * q[j][k];
                }
            }
        }
        return a;
    }

    private HostObjective quadratic(double... eigenvalues) {
        double[] m = random.doubles(SIZE, -1, 1).toArray();
        return HostObjective.quadratic(parameters(), 1, m, symmetric(eigenvalues));
    }

    @Test
    void findsTheLargestEigenvalueOfAQuadratic() throws InterruptedException {
        HostObjective objective = quadratic(30, 27, 5, 1, 0.1, -2);
        double[] before = HostObjective.values(objective.parameters());
        Hessian.Eigenvalue largest = Hessian.builder().build().largestEigenvalue(objective);
        assertThat(largest.value()).isCloseTo(30, within(0.3));
        assertThat(largest.converged()).isTrue();
        assertThat(largest.iterations()).isBetween(3, 99);
        assertThat(largest.residual()).isBetween(0d, 3d);
        assertThat(HostObjective.values(objective.parameters())).containsExactly(before);
    }

    @Test
    void findsTheLargestEigenvalueBesideALargerNegativeOne() throws InterruptedException {
        Hessian hessian = Hessian.builder().optTolerance(1e-5f).optIterations(500).build();
        assertThat(hessian.largestEigenvalue(quadratic(4, 1, -9)).value())
                .isCloseTo(4, within(0.04));
        double[] negative = new double[SIZE];
        Arrays.setAll(negative, i -> -1.0 - i);
        assertThat(hessian.largestEigenvalue(quadratic(negative)).value())
                .isCloseTo(-1, within(0.01));
    }

    /** As for a network that is not at its minimum: nearly all curvatures are small. */
    @Test
    void findsTheLargestEigenvalueAmongManySmallOnes() throws InterruptedException {
        int size = 10_000;
        double[] curvatures = random.doubles(size, -1e-3, 1e-3).toArray();
        curvatures[7] = -9;
        curvatures[99] = 6;
        UnaryOperator<double[]> gradient =
                x -> IntStream.range(0, size).mapToDouble(i -> curvatures[i] * x[i]).toArray();
        HostObjective saddle =
                new HostObjective(
                        HostObjective.list(
                                manager, random.doubles(size, -1, 1).toArray(), new Shape(size)),
                        x -> HostObjective.dot(x, gradient.apply(x)) / 2,
                        gradient);
        Hessian.Eigenvalue found =
                Hessian.builder().optTolerance(1e-3f).build().largestEigenvalue(saddle);
        assertThat(found.converged()).isTrue();
        assertThat(found.value()).isCloseTo(6, within(0.06));
        Hessian.Eigenvalue early =
                Hessian.builder()
                        .optTolerance(1e-3f)
                        .optIterations(4)
                        .build()
                        .largestEigenvalue(saddle);
        assertThat(early.converged()).isFalse();
        assertThat(early.value()).isLessThan(6);
    }

    @Test
    void flatLossesHaveNoCurvature() throws InterruptedException {
        NDList parameters = parameters();
        double[] slope = random.doubles(SIZE, -1, 1).toArray();
        HostObjective plane =
                new HostObjective(parameters, x -> HostObjective.dot(slope, x), x -> slope);
        Hessian hessian = Hessian.builder().optSamples(3).build();
        assertThat(hessian.largestEigenvalue(plane))
                .isEqualTo(new Hessian.Eigenvalue(0, 0, 1, true));
        assertThat(hessian.trace(plane)).isEqualTo(new Hessian.Trace(0, 0, 3));
    }

    @Test
    void estimatesTheTraceOfAQuadratic() throws InterruptedException {
        double[] eigenvalues = random.doubles(SIZE, 9, 11).toArray();
        double expected = Arrays.stream(eigenvalues).sum();
        HostObjective objective = quadratic(eigenvalues);
        double[] before = HostObjective.values(objective.parameters());
        Hessian.Trace trace = Hessian.builder().optSamples(200).build().trace(objective);
        assertThat(trace.value()).isCloseTo(expected, within(0.01 * expected));
        assertThat(trace.value()).isCloseTo(expected, within(4 * trace.standardError()));
        assertThat(trace.standardError()).isBetween(0.01, 0.5);
        assertThat(trace.samples()).isEqualTo(200);
        assertThat(HostObjective.values(objective.parameters())).containsExactly(before);
    }

    /** The variance of Hutchinson's estimator is twice the squares off the diagonal. */
    @Test
    void reportsTheStandardErrorOfTheTrace() throws InterruptedException {
        double[][] a = symmetric(8, 5, 3, -2);
        double squares = 0;
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                squares += i == j ? 0 : a[i][j] * a[i][j];
            }
        }
        HostObjective objective = HostObjective.quadratic(parameters(), 1, new double[SIZE], a);
        Hessian.Trace trace = Hessian.builder().optSamples(400).optSeed(7).build().trace(objective);
        double expected = Math.sqrt(2 * squares / 400);
        assertThat(trace.standardError()).isCloseTo(expected, within(0.15 * expected));
        assertThat(trace.value()).isCloseTo(14, within(4 * expected));
    }

    @Test
    void agreesWithTheClosedFormOfACurvedLoss() throws InterruptedException {
        NDList parameters = parameters();
        double[] x = HostObjective.values(parameters);
        double[] a = random.doubles(SIZE, 0.5, 3).toArray();
        double[] curvature = new double[SIZE];
        Arrays.setAll(curvature, i -> a[i] * a[i] * Math.exp(a[i] * x[i]));
        HostObjective exponentials =
                new HostObjective(
                        parameters,
                        y -> {
                            double sum = 0;
                            for (int i = 0; i < SIZE; i++) {
                                sum += Math.exp(a[i] * y[i]);
                            }
                            return sum;
                        },
                        y -> {
                            double[] gradient = new double[SIZE];
                            Arrays.setAll(gradient, i -> a[i] * Math.exp(a[i] * y[i]));
                            return gradient;
                        });
        Hessian hessian = Hessian.builder().optSamples(2).build();
        double trace = Arrays.stream(curvature).sum();
        double largest = Arrays.stream(curvature).max().orElseThrow();
        assertThat(hessian.trace(exponentials).value()).isCloseTo(trace, within(0.01 * trace));
        assertThat(hessian.largestEigenvalue(exponentials).value())
                .isCloseTo(largest, within(0.01 * largest));
    }

    @Test
    void isDeterministic() throws InterruptedException {
        HostObjective objective = quadratic(3, 2, 1, 0.5);
        Hessian hessian = Hessian.builder().optSamples(5).optSeed(3).build();
        assertThat(hessian.trace(objective)).isEqualTo(hessian.trace(objective));
        assertThat(hessian.largestEigenvalue(objective))
                .isEqualTo(hessian.largestEigenvalue(objective));
        Hessian other = Hessian.builder().optSamples(5).optSeed(4).build();
        assertThat(other.trace(objective)).isNotEqualTo(hessian.trace(objective));
    }

    @Test
    void saysWhenItDidNotConverge() throws InterruptedException {
        Hessian hessian = Hessian.builder().optTolerance(0f).optIterations(2).build();
        Hessian.Eigenvalue value = hessian.largestEigenvalue(quadratic(3, 2.9, 2.8));
        assertThat(value.converged()).isFalse();
        assertThat(value.iterations()).isEqualTo(2);
    }

    @Test
    void refusesGradientsThatAreNotFinite() {
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            double[] gradient = new double[SIZE];
            gradient[7] = bad;
            HostObjective objective = new HostObjective(parameters(), x -> 1, x -> gradient);
            Hessian hessian = Hessian.builder().build();
            assertThatIllegalStateException()
                    .isThrownBy(() -> hessian.largestEigenvalue(objective))
                    .withMessageStartingWith("parameters and gradients must be finite, received");
            assertThatIllegalStateException()
                    .isThrownBy(() -> hessian.trace(objective))
                    .withMessageStartingWith("parameters and gradients must be finite, received");
        }
    }

    @Test
    void stopsAtAnInterrupt() {
        HostObjective objective = quadratic(3, 2, 1);
        double[] before = HostObjective.values(objective.parameters());
        int arrays = manager.getManagedArrays().size();
        AtomicInteger last = new AtomicInteger();
        Hessian hessian =
                Hessian.builder()
                        .optTolerance(0f)
                        .optProgress(
                                (done, total, value) -> {
                                    assertThat(total).isEqualTo(100);
                                    last.set(done);
                                    Thread.currentThread().interrupt();
                                })
                        .build();
        assertThatThrownBy(() -> hessian.trace(objective)).isInstanceOf(InterruptedException.class);
        assertThat(last).hasValue(1);
        assertThatThrownBy(() -> hessian.largestEigenvalue(objective))
                .isInstanceOf(InterruptedException.class);
        assertThat(HostObjective.values(objective.parameters())).containsExactly(before);
        assertThat(manager.getManagedArrays()).hasSize(arrays);
    }

    @Test
    void checksItsSettings() {
        Hessian.Builder builder = Hessian.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optStep(0))
                .withMessage("step must be a finite number > 0, received: 0.0");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optIterations(1));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optTolerance(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optSamples(1));
    }
}
