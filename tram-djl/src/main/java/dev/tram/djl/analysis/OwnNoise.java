package dev.tram.djl.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.Noise;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * Draws Gaussian and uniform noise from a generator of its own, on the host, so that the engine's
 * generator, which draws the dropout masks, does not move. Other noise is drawn as it always is.
 */
final class OwnNoise {

    private static final long SEED = 20240507;

    private final Random random = new Random(SEED);

    /** Returns noise of the same distribution. */
    Noise like(Noise noise) {
        if (noise instanceof Noise.Gaussian gaussian) {
            return (manager, shape) ->
                    draw(manager, shape, () -> gaussian.sigma() * random.nextGaussian());
        }
        if (noise instanceof Noise.Uniform uniform) {
            return (manager, shape) ->
                    draw(manager, shape, () -> uniform.limit() * (2 * random.nextDouble() - 1));
        }
        return noise;
    }

    private static NDArray draw(NDManager manager, Shape shape, DoubleSupplier next) {
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) next.getAsDouble();
        }
        return manager.create(values, shape);
    }
}
