package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;

/**
 * Fits a Vision Transformer's position embeddings to another image size: the grid of patch
 * positions is resampled by bicubic convolution (Keys, 1981, a = −0.75, corners not aligned, edges
 * repeated), as PyTorch and Hugging Face's transformers do; the class token's position is kept.
 */
final class PositionInterpolation {

    private static final double A = -0.75;

    private PositionInterpolation() {}

    /**
     * Resamples position embeddings.
     *
     * @param positions of shape (1, 1 + n², width)
     * @param side the new number of patches along an edge, m
     * @return of shape (1, 1 + m², width), owned by the manager of the positions
     */
    static NDArray resample(NDArray positions, int side) {
        int old = side(positions.getShape());
        long width = positions.getShape().get(2);
        NDManager owner = positions.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray input = positions.duplicate();
            input.attach(scratch);
            NDArray classToken = input.get(new NDIndex(":, :1"));
            NDArray weights = scratch.create(weights(old, side), new Shape(side, old));
            NDArray columns = input.get(new NDIndex("0, 1:")).reshape(old, old * width);
            NDArray rows = weights.matMul(columns).reshape(side, old, width);
            NDArray grid = weights.matMul(rows).reshape(1, (long) side * side, width);
            NDArray resampled = classToken.concat(grid, 1);
            resampled.attach(owner);
            return resampled;
        }
    }

    /**
     * The number of patches along an edge, or −1 if these are not the positions of a square grid.
     */
    static int side(Shape positions) {
        int side = (int) Math.round(Math.sqrt(positions.get(1) - 1.0));
        return 1 + (long) side * side == positions.get(1) ? side : -1;
    }

    /** Row i holds the weights of the old grid's points in the new grid's point i. */
    private static float[] weights(int old, int side) {
        float[] weights = new float[side * old];
        for (int i = 0; i < side; i++) {
            double source = (i + 0.5) * old / side - 0.5;
            int left = (int) Math.floor(source);
            for (int tap = left - 1; tap <= left + 2; tap++) {
                int clamped = Math.min(Math.max(tap, 0), old - 1);
                weights[i * old + clamped] += (float) kernel(Math.abs(source - tap));
            }
        }
        return weights;
    }

    private static double kernel(double distance) {
        return distance <= 1
                ? ((A + 2) * distance - (A + 3)) * distance * distance + 1
                : ((A * distance - 5 * A) * distance + 8 * A) * distance - 4 * A;
    }
}
