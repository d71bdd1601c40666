package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;

/** Expected values: torch.nn.functional.interpolate(mode="bicubic") of PyTorch 1.13 in float64. */
class PositionInterpolationTest {

    private static final float CLASS_TOKEN = 9f;

    /** Positions of width 2: those given, and twice those. */
    private static NDArray positions(NDManager manager, int side) {
        float[] values = new float[2 * (1 + side * side)];
        values[0] = CLASS_TOKEN;
        values[1] = 2 * CLASS_TOKEN;
        for (int i = 0; i < side * side; i++) {
            values[2 + 2 * i] = (i * 37 % 23 - 11) / 8f;
            values[3 + 2 * i] = 2 * values[2 + 2 * i];
        }
        return manager.create(values, new Shape(1, 1 + side * side, 2));
    }

    private static void assertResampled(int oldSide, int newSide, double... expected) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray resampled =
                    PositionInterpolation.resample(positions(manager, oldSide), newSide);
            assertThat(resampled.getShape()).isEqualTo(new Shape(1, 1 + expected.length, 2));
            float[] values = resampled.toFloatArray();
            assertThat(values[0]).isEqualTo(CLASS_TOKEN);
            assertThat(values[1]).isEqualTo(2 * CLASS_TOKEN);
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) values[2 + 2 * i]).isCloseTo(expected[i], within(1e-6));
                assertThat((double) values[3 + 2 * i]).isCloseTo(2 * expected[i], within(2e-6));
            }
        }
    }

    @Test
    void enlarges() {
        assertResampled(
                3, 5, -1.797496, -0.735912, 0.423, -0.119628, -0.81, -0.478412, -0.07541, 0.217,
                -0.5525, -1.242872, 1.108, 0.6445, -0.125, -0.8945, -1.358, 0.992872, 0.3025,
                -0.467, -0.17459, 0.228412, 0.56, -0.130372, -0.673, 0.485912, 1.547496);
    }

    @Test
    void shrinks() {
        assertResampled(4, 2, -0.7655029, 0.1033936, 0.7166748, -0.4920654);
    }

    @Test
    void recognizesSquareGridsOnly() {
        assertThat(PositionInterpolation.side(new Shape(1, 197, 768))).isEqualTo(14);
        assertThat(PositionInterpolation.side(new Shape(1, 196, 768))).isEqualTo(-1);
    }
}
