package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Some blocks as arrays.
 *
 * @param inputs the tokens, (B, T)
 * @param labels the token after each, (B, T)
 */
record BlockBatch(NDArray inputs, NDArray labels) {

    static BlockBatch read(NDManager manager, TokenBlocks blocks, int... chosen) {
        int length = blocks.length();
        long[] inputs = new long[chosen.length * length];
        long[] labels = new long[chosen.length * length];
        for (int row = 0; row < chosen.length; row++) {
            int[] ids = blocks.get(chosen[row]);
            for (int i = 0; i < length; i++) {
                inputs[row * length + i] = ids[i];
                labels[row * length + i] = ids[i + 1];
            }
        }
        Shape shape = new Shape(chosen.length, length);
        return new BlockBatch(manager.create(inputs, shape), manager.create(labels, shape));
    }
}
