package dev.tram.core.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The analyses on weights that the engine differentiates. */
class EngineObjectiveTest {

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** Weights of a real graph: in-place moves between collectors, gradients of the moved point. */
    @Test
    void climbsThroughAnEngineGradient() throws InterruptedException {
        NDArray inputs = manager.create(new float[] {1, 2, -1, 0.5f, 0, 3}, new Shape(3, 2));
        NDArray targets = manager.create(new float[] {1, -1, 2}, new Shape(3, 1));
        NDArray weight = manager.create(new float[] {0.3f, -0.2f}, new Shape(2, 1));
        weight.setRequiresGradient(true);
        EngineObjective objective =
                new EngineObjective(
                        new NDList(weight),
                        () -> inputs.matMul(weight).sub(targets).square().mean());
        NDList copy = new NDList(weight.duplicate());
        HostObjective host =
                new HostObjective(copy, EngineObjectiveTest::squares, EngineObjectiveTest::slope);
        EpsilonSharpness sharpness =
                EpsilonSharpness.builder()
                        .setSteps(20)
                        .optAccumulationSteps(1)
                        .optEpsilon(0.1f)
                        .optLearningRate(0.05f)
                        .build();
        EpsilonSharpness.Sharpness measured = sharpness.measure(objective);
        assertThat(measured.value())
                .isCloseTo(sharpness.measure(host).value(), within(1e-3))
                .isGreaterThan(1);
        assertThat(weight.toFloatArray()).containsExactly(0.3f, -0.2f);
        assertThat(weight.hasGradient()).isTrue();
    }

    @Test
    void agreesWithTheClosedFormUnderAnEngineGradient() throws InterruptedException {
        NDArray inputs = manager.create(new float[] {1, 2, -1, 0.5f, 0, 3}, new Shape(3, 2));
        NDArray weight = manager.zeros(new Shape(2, 1));
        weight.setRequiresGradient(true);
        EngineObjective objective =
                new EngineObjective(
                        new NDList(weight), () -> inputs.matMul(weight).sub(1f).square().mean());
        // ⅔ XᵀX = ⅔ ((2, 1.5), (1.5, 13.25))
        double trace = 2 * 15.25 / 3;
        double determinant = 4.0 / 9 * (2 * 13.25 - 1.5 * 1.5);
        double largest = trace / 2 + Math.sqrt(trace * trace / 4 - determinant);
        Hessian hessian = Hessian.builder().build();
        assertThat(hessian.largestEigenvalue(objective).value())
                .isCloseTo(largest, within(0.01 * largest));
        Hessian.Trace estimate = hessian.trace(objective);
        assertThat(estimate.value()).isCloseTo(trace, within(4 * estimate.standardError()));
        assertThat(weight.toFloatArray()).containsExactly(0f, 0f);
    }

    private static double squares(double[] w) {
        double a = w[0] + 2 * w[1] - 1;
        double b = -w[0] + 0.5 * w[1] + 1;
        double c = 3 * w[1] - 2;
        return (a * a + b * b + c * c) / 3;
    }

    private static double[] slope(double[] w) {
        double a = w[0] + 2 * w[1] - 1;
        double b = -w[0] + 0.5 * w[1] + 1;
        double c = 3 * w[1] - 2;
        return new double[] {2 * (a - b) / 3, 2 * (2 * a + 0.5 * b + 3 * c) / 3};
    }
}
