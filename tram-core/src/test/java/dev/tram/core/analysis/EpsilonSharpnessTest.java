package dev.tram.core.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EpsilonSharpnessTest {

    private static final Shape[] SHAPES = {new Shape(2, 3), new Shape(), new Shape(3)};
    private static final int SIZE = 10;

    private final Random random = new Random(3);
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
        return HostObjective.list(manager, random.doubles(SIZE, -2, 2).toArray(), SHAPES);
    }

    private static EpsilonSharpness.Builder builder(int steps) {
        return EpsilonSharpness.builder().setSteps(steps).optAccumulationSteps(1);
    }

    /** ½ Σ a_i (x_i − m_i)² + 0.3, whose maximum over the box is at the corner away from m. */
    private HostObjective bowl(NDList parameters, double[] a, double[] m) {
        double[][] diagonal = new double[SIZE][SIZE];
        for (int i = 0; i < SIZE; i++) {
            diagonal[i][i] = a[i];
        }
        return HostObjective.quadratic(parameters, 0.3, m, diagonal);
    }

    private static double corner(double[] x, double[] a, double[] m, double epsilon) {
        double loss = 0.3;
        for (int i = 0; i < x.length; i++) {
            double distance = Math.abs(x[i] - m[i]) + epsilon * (Math.abs(x[i]) + 1);
            loss += a[i] * distance * distance / 2;
        }
        return loss;
    }

    @Test
    void reachesTheMaximumOfAQuadratic() throws InterruptedException {
        NDList parameters = parameters();
        double[] x = HostObjective.values(parameters);
        double[] a = random.doubles(SIZE, 0.5, 2).toArray();
        double[] m = random.doubles(SIZE, -2, 2).toArray();
        HostObjective objective = bowl(parameters, a, m);
        double loss = objective.loss();
        double maximum = corner(x, a, m, 0.1f);

        EpsilonSharpness.Sharpness sharpness =
                builder(60).optEpsilon(0.1f).optLearningRate(0.5f).build().measure(objective);

        assertThat(sharpness.loss()).isEqualTo(loss);
        assertThat(sharpness.maximumLoss()).isCloseTo(maximum, within(1e-6 * maximum));
        assertThat(sharpness.value()).isCloseTo(100 * (maximum - loss) / (1 + loss), within(1e-3));
        assertThat(HostObjective.values(parameters)).containsExactly(x);
    }

    /** Steps of 8e-5 g would vanish if they were added to float32 parameters one by one. */
    @Test
    void reachesTheMaximumWithTheSettingsOfThePaper() throws InterruptedException {
        NDList parameters = parameters();
        double[] x = HostObjective.values(parameters);
        double[] m = new double[SIZE];
        double[] a = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            m[i] = x[i] + (i % 2 == 0 ? 0.01 : -0.01);
            a[i] = 1;
        }
        HostObjective objective = bowl(parameters, a, m);
        double loss = objective.loss();
        double rise = corner(x, a, m, 1e-5f) - loss;

        EpsilonSharpness.Sharpness sharpness =
                EpsilonSharpness.builder().setSteps(60).build().measure(objective);

        // the displaced parameters themselves are rounded to float32
        assertThat(sharpness.maximumLoss() - loss).isCloseTo(rise, within(0.01 * rise));
        assertThat(sharpness.value()).isPositive();
    }

    @Test
    void agreesWithAnExhaustiveSearch() throws InterruptedException {
        double[] weights = {0.8, -0.5, 0.3};
        NDList parameters = HostObjective.list(manager, weights, new Shape(1, 2), new Shape(1));
        double[][] inputs = new double[20][];
        int[] labels = new int[20];
        for (int i = 0; i < 20; i++) {
            inputs[i] = new double[] {random.nextGaussian(), random.nextGaussian(), 1};
            labels[i] = random.nextBoolean() ? 1 : -1;
        }
        double[] x = HostObjective.values(parameters);
        double best = 0;
        int grid = 20;
        for (int i = 0; i <= grid; i++) {
            for (int j = 0; j <= grid; j++) {
                for (int k = 0; k <= grid; k++) {
                    double[] z = {2.0 * i / grid - 1, 2.0 * j / grid - 1, 2.0 * k / grid - 1};
                    for (int p = 0; p < 3; p++) {
                        z[p] = x[p] + 0.05f * (Math.abs(x[p]) + 1) * z[p];
                    }
                    best = Math.max(best, logisticLoss(inputs, labels, z));
                }
            }
        }
        HostObjective objective =
                new HostObjective(
                        parameters,
                        w -> logisticLoss(inputs, labels, w),
                        w -> logisticGradient(inputs, labels, w));
        EpsilonSharpness.Sharpness sharpness =
                builder(400).optEpsilon(0.05f).optLearningRate(0.1f).build().measure(objective);
        assertThat(sharpness.maximumLoss()).isCloseTo(best, within(1e-6));
        assertThat(best).isGreaterThan(sharpness.loss() + 0.01);
    }

    private static double logisticLoss(double[][] inputs, int[] labels, double[] w) {
        double sum = 0;
        for (int i = 0; i < inputs.length; i++) {
            sum += Math.log1p(Math.exp(-labels[i] * HostObjective.dot(inputs[i], w)));
        }
        return sum / inputs.length;
    }

    private static double[] logisticGradient(double[][] inputs, int[] labels, double[] w) {
        double[] gradient = new double[w.length];
        for (int i = 0; i < inputs.length; i++) {
            double margin = labels[i] * HostObjective.dot(inputs[i], w);
            for (int p = 0; p < w.length; p++) {
                gradient[p] -= labels[i] * inputs[i][p] / (1 + Math.exp(margin)) / inputs.length;
            }
        }
        return gradient;
    }

    /** f = (x_1 − c)², with the n-th mini-batch's gradient of another c. */
    private final class MiniBatches implements Objective {

        final NDList parameters = new NDList(manager.create(new float[] {2f, 5f}));
        final double[] gradients = {1, 3, -2, 6};
        int calls;

        @Override
        public NDList parameters() {
            return parameters;
        }

        @Override
        public double loss() {
            return parameters.get(0).getFloat(0);
        }

        @Override
        public double lossAndGradient(NDList into) {
            throw new AssertionError("stochastic ascent needs mini-batches only");
        }

        @Override
        public double batchLossAndGradient(NDList into) {
            into.get(0).set(new float[] {(float) gradients[calls % 4], 0});
            return calls++;
        }
    }

    @Test
    void averagesTheMiniBatchesOfAStep() throws InterruptedException {
        MiniBatches objective = new MiniBatches();
        List<Double> losses = new ArrayList<>();
        EpsilonSharpness.Sharpness sharpness =
                EpsilonSharpness.builder()
                        .setSteps(2)
                        .optEpsilon(10f)
                        .optLearningRate(0.25f)
                        .optProgress(
                                (done, total, loss) -> {
                                    assertThat(done).isEqualTo(losses.size() + 1);
                                    assertThat(total).isEqualTo(2);
                                    losses.add(loss);
                                })
                        .build()
                        .measure(objective);
        assertThat(objective.calls).isEqualTo(8);
        assertThat(losses).containsExactly(1.5, 5.5);
        // two steps of 0.25 · mean(1, 3, −2, 6)
        assertThat(sharpness.maximumLoss()).isEqualTo(3);
        assertThat(sharpness.value()).isCloseTo(100 * (3.0 - 2) / 3, within(1e-12));
    }

    @Test
    void evaluatesTheLossAtTheInterval() throws InterruptedException {
        NDList parameters = HostObjective.list(manager, new double[] {0.5}, new Shape(1));
        AtomicInteger evaluations = new AtomicInteger();
        HostObjective hill =
                new HostObjective(
                        parameters,
                        x -> {
                            evaluations.incrementAndGet();
                            return 1 - x[0] * x[0];
                        },
                        x -> new double[] {-2 * x[0]}) {
                    @Override
                    public double batchLossAndGradient(NDList gradients) {
                        super.lossAndGradient(gradients);
                        evaluations.decrementAndGet();
                        return 0;
                    }
                };
        // steps from 0.5 past the top at 0 to −0.5, and back
        EpsilonSharpness.Builder builder = builder(5).optEpsilon(10f).optLearningRate(0.75f);
        double rare = builder.build().measure(hill).maximumLoss();
        assertThat(evaluations).hasValue(2);
        double often = builder.optEvaluationInterval(1).build().measure(hill).maximumLoss();
        assertThat(evaluations).hasValue(2 + 6);
        assertThat(often).isGreaterThanOrEqualTo(rare);
        assertThat(builder.optEvaluationInterval(2).build().measure(hill).maximumLoss())
                .isBetween(rare, often);
        assertThat(evaluations).hasValue(8 + 4);
    }

    @Test
    void isNeverNegative() throws InterruptedException {
        NDList parameters = parameters();
        HostObjective wrongWay =
                new HostObjective(
                        parameters,
                        x -> 50 + x[0],
                        x -> {
                            double[] gradient = new double[SIZE];
                            gradient[0] = -1;
                            return gradient;
                        });
        assertThat(builder(3).build().measure(wrongWay).value()).isZero();
    }

    @Test
    void restoresParametersAfterAnException() {
        NDList parameters = parameters();
        float[] before = parameters.get(0).toFloatArray();
        int arrays = manager.getManagedArrays().size();
        HostObjective failing =
                new HostObjective(
                        parameters,
                        x -> 1,
                        x -> {
                            if (x[0] != before[0]) {
                                throw new UnsupportedOperationException("second gradient");
                            }
                            double[] gradient = new double[SIZE];
                            gradient[0] = 1e5;
                            return gradient;
                        });
        assertThatThrownBy(() -> builder(3).build().measure(failing))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("second gradient");
        assertThat(parameters.get(0).toFloatArray()).containsExactly(before);
        assertThat(manager.getManagedArrays()).hasSize(arrays);
    }

    @Test
    void restoresParametersAfterAnInterrupt() {
        NDList parameters = parameters();
        double[] before = HostObjective.values(parameters);
        double[] ones = random.doubles(SIZE, 1, 2).toArray();
        AtomicInteger steps = new AtomicInteger();
        EpsilonSharpness sharpness =
                builder(5)
                        .optProgress(
                                (done, total, loss) -> {
                                    steps.set(done);
                                    assertThat(HostObjective.values(parameters))
                                            .isNotEqualTo(before);
                                    if (done == 2) {
                                        Thread.currentThread().interrupt();
                                    }
                                })
                        .build();
        HostObjective slope = new HostObjective(parameters, x -> 1, x -> ones);
        assertThatThrownBy(() -> sharpness.measure(slope)).isInstanceOf(InterruptedException.class);
        assertThat(steps).hasValue(2);
        assertThat(HostObjective.values(parameters)).containsExactly(before);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void restoresEveryBit() throws InterruptedException {
        NDList parameters =
                new NDList(
                        manager.create(new float[] {-0f, Float.MIN_VALUE, 1e-38f, 3e38f}),
                        manager.create(new float[] {0.1f, 7}).toType(DataType.FLOAT16, false),
                        manager.create(new double[] {Math.PI, -1e-300}));
        List<byte[]> before = new ArrayList<>();
        parameters.forEach(array -> before.add(array.toByteArray()));
        HostObjective slope =
                new HostObjective(parameters, x -> 1, x -> new double[] {1, -1, 1, 1, 1, 1, 1, 1}) {
                    @Override
                    public double lossAndGradient(NDList gradients) {
                        gradients.forEach(array -> array.addi(1));
                        return 1;
                    }
                };
        builder(3)
                .optEpsilon(0.5f)
                .optLearningRate(1f)
                .optProgress(
                        (done, total, loss) -> {
                            for (int i = 0; i < 3; i++) {
                                byte[] moved = parameters.get(i).toByteArray();
                                assertThat(moved).isNotEqualTo(before.get(i));
                            }
                        })
                .build()
                .measure(slope);
        for (int i = 0; i < 3; i++) {
            assertThat(parameters.get(i).toByteArray()).containsExactly(before.get(i));
        }
    }

    @Test
    void refusesLossesThatHaveNoSharpness() {
        for (double loss : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -1}) {
            HostObjective objective =
                    new HostObjective(parameters(), x -> loss, x -> new double[SIZE]);
            assertThatIllegalStateException()
                    .isThrownBy(() -> builder(1).build().measure(objective))
                    .withMessage("the loss must be finite and above -1, received: " + loss);
        }
        NDList parameters = parameters();
        double first = HostObjective.values(parameters)[0];
        double[] gradient = random.doubles(SIZE, 1, 2).toArray();
        HostObjective cliff =
                new HostObjective(parameters, x -> x[0] == first ? 1 : Double.NaN, x -> gradient);
        assertThatIllegalStateException()
                .isThrownBy(() -> builder(1).build().measure(cliff))
                .withMessage("the loss in the box must be a number, received: NaN");
        assertThat(HostObjective.values(parameters)[0]).isEqualTo(first);
    }

    @Test
    void refusesAnObjectiveWithoutParameters() {
        HostObjective nothing = new HostObjective(new NDList(), x -> 1, x -> x);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder(1).build().measure(nothing))
                .withMessage("parameters must be at least one array, received: none");
    }

    @Test
    void checksItsSettings() {
        EpsilonSharpness.Builder builder = EpsilonSharpness.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(builder::build)
                .withMessage("steps must be an integer >= 1, received: 0");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.setSteps(0));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optEpsilon(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optLearningRate(Float.NaN))
                .withMessage("learningRate must be a finite number > 0, received: NaN");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optAccumulationSteps(0));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.optEvaluationInterval(0));
    }
}
