package dev.tram.djl.transformers.tokenizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * Encoded texts, padded on the right to the longest, each of shape (B, T) and type int64.
 *
 * @param ids the token ids
 * @param mask 1 for a token, 0 for padding
 * @param types 0 for tokens of the first text and 1 for those of its pair, where the model tells
 *     them apart
 */
public record TokenBatch(NDArray ids, NDArray mask, NDArray types) implements AutoCloseable {

    /**
     * Returns the arrays as a block's input.
     *
     * @return ids, mask and types, which stay this batch's
     */
    public NDList toList() {
        return new NDList(ids, mask, types);
    }

    /** Closes the arrays. */
    @Override
    public void close() {
        ids.close();
        mask.close();
        types.close();
    }
}
