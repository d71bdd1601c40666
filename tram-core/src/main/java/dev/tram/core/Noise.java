package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;

/** Parametric input noise z, drawn once per step (Eq. 5 of the TRAM paper). */
@FunctionalInterface
public interface Noise {

    /**
     * Draws noise.
     *
     * @param manager the manager that owns the result; its device is where the result lies
     * @param shape the shape of the noise, that of the input it is added to
     * @return the noise, of the given shape
     */
    NDArray sample(NDManager manager, Shape shape);

    /**
     * Zero-mean Gaussian noise, z ~ N(0, σ²).
     *
     * @param sigma the standard deviation σ, finite and at least 0
     * @return the noise
     */
    static Noise gaussian(float sigma) {
        return new Gaussian(sigma);
    }

    /**
     * Zero-mean uniform noise, z ~ U(−limit, limit).
     *
     * @param limit half of the interval's width, finite and at least 0
     * @return the noise
     */
    static Noise uniform(float limit) {
        return new Uniform(limit);
    }

    /**
     * z ~ N(0, σ²).
     *
     * @param sigma the standard deviation σ
     */
    record Gaussian(float sigma) implements Noise {

        /** Validates σ. */
        public Gaussian {
            Arguments.nonNegative("sigma", sigma);
        }

        @Override
        public NDArray sample(NDManager manager, Shape shape) {
            return manager.randomNormal(0f, sigma, shape, DataType.FLOAT32);
        }
    }

    /**
     * z ~ U(−limit, limit).
     *
     * @param limit half of the interval's width
     */
    record Uniform(float limit) implements Noise {

        /** Validates the limit. */
        public Uniform {
            Arguments.nonNegative("limit", limit);
        }

        @Override
        public NDArray sample(NDManager manager, Shape shape) {
            return manager.randomUniform(-limit, limit, shape, DataType.FLOAT32);
        }
    }
}
