package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;

/**
 * Which tokens attend to which. A forbidden pair gets a score so low that its weight is exactly 0;
 * it is finite, so that a token that may attend to nothing at all gives no NaN.
 */
final class AttentionMask implements AutoCloseable {

    private static final double FORBIDDEN = -1e9;

    private final NDArray addend;
    private final boolean causal;

    private AttentionMask(NDArray addend, boolean causal) {
        this.addend = addend;
        this.causal = causal;
    }

    /** Every token attends to every token. */
    static AttentionMask none() {
        return new AttentionMask(null, false);
    }

    /**
     * Tokens attend to those that are not padding.
     *
     * @param attentionMask 1 for a token and 0 for padding, of shape (B, T)
     */
    static AttentionMask padding(NDArray attentionMask) {
        return new AttentionMask(paddingAddend(attentionMask), false);
    }

    /**
     * Tokens attend to themselves and to earlier ones.
     *
     * @param manager the owner of the mask
     * @param length the number of tokens T
     */
    static AttentionMask causal(NDManager manager, long length) {
        return new AttentionMask(causalAddend(manager, length), true);
    }

    /**
     * Tokens attend to themselves and to earlier ones that are not padding.
     *
     * @param attentionMask 1 for a token and 0 for padding, of shape (B, T)
     */
    static AttentionMask causalPadding(NDArray attentionMask) {
        long length = attentionMask.getShape().get(1);
        try (NDArray padding = paddingAddend(attentionMask);
                NDArray causal = causalAddend(attentionMask.getManager(), length)) {
            return new AttentionMask(padding.add(causal), false);
        }
    }

    private static NDArray paddingAddend(NDArray attentionMask) {
        long batch = attentionMask.getShape().get(0);
        try (NDArray kept = attentionMask.toType(DataType.FLOAT32, true);
                NDArray absent = kept.sub(1);
                NDArray scores = absent.mul(-FORBIDDEN)) {
            return scores.reshape(batch, 1, 1, -1);
        }
    }

    private static NDArray causalAddend(NDManager manager, long length) {
        try (NDArray key = manager.arange((int) length);
                NDArray query = key.reshape(-1, 1);
                NDArray later = query.lt(key);
                NDArray asFloat = later.toType(DataType.FLOAT32, true)) {
            return asFloat.mul(FORBIDDEN);
        }
    }

    /** What is added to the scores, of a shape that broadcasts to (B, heads, T, T), or null. */
    NDArray addend() {
        return addend;
    }

    /** Whether the mask is that of {@link #causal}. */
    boolean isCausal() {
        return causal;
    }

    @Override
    public void close() {
        if (addend != null) {
            addend.close();
        }
    }
}
