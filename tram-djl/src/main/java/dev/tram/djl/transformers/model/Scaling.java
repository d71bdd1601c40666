package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;

/** Multiplication by numbers that gradients flow through. */
final class Scaling {

    private Scaling() {}

    /**
     * Multiplies by a number in memory of the engine's own. {@code NDArray.mul(Number)} lends
     * PyTorch a buffer of Java's, which may be freed and overwritten before backward reads the
     * number from it.
     *
     * @param x the array; stays the caller's
     * @param factor the number
     * @return a new array, the caller's
     */
    static NDArray times(NDArray x, double factor) {
        try (NDArray lent = x.getManager().create(factor);
                NDArray owned = lent.duplicate()) {
            return x.mul(owned);
        }
    }
}
