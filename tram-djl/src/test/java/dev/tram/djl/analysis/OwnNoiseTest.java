package dev.tram.djl.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.Noise;
import org.junit.jupiter.api.Test;

class OwnNoiseTest {

    private static final Shape SHAPE = new Shape(100, 100);

    @Test
    void hasTheSameDistribution() {
        OwnNoise own = new OwnNoise();
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray gaussian = own.like(Noise.gaussian(0.3f)).sample(manager, SHAPE);
            assertThat(gaussian.getShape()).isEqualTo(SHAPE);
            assertThat(gaussian.mean().getFloat()).isCloseTo(0, within(0.015f));
            assertThat(gaussian.square().mean().sqrt().getFloat()).isCloseTo(0.3f, within(0.01f));
            NDArray again = own.like(Noise.gaussian(0.3f)).sample(manager, SHAPE);
            assertThat(again).isNotEqualTo(gaussian);

            NDArray uniform = own.like(Noise.uniform(0.2f)).sample(manager, SHAPE);
            assertThat(uniform.mean().getFloat()).isCloseTo(0, within(0.01f));
            assertThat(uniform.max().getFloat()).isCloseTo(0.2f, within(1e-3f));
            assertThat(uniform.min().getFloat()).isCloseTo(-0.2f, within(1e-3f));
        }
        Noise other = (manager, shape) -> manager.ones(shape);
        assertThat(own.like(other)).isSameAs(other);
    }
}
