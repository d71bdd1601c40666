package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.Supplier;

/**
 * Which tokens attend to which. A forbidden pair gets a score so low that its weight is exactly 0;
 * it is finite, so that a token that may attend to nothing at all gives no NaN.
 */
final class AttentionMask implements AutoCloseable {

    private static final float FORBIDDEN = -1e9f;

    /** A GPU's attention copies a mask, in each layer, whose rows do not begin at multiples. */
    private static final int ALIGNMENT = 8;

    private final boolean causal;
    private final Supplier<NDArray> scores;
    private NDArray addend;

    private AttentionMask(boolean causal, Supplier<NDArray> scores) {
        this.causal = causal;
        this.scores = scores;
    }

    /** Every token attends to every token. */
    static AttentionMask none() {
        return new AttentionMask(false, () -> null);
    }

    /**
     * Tokens attend to those that are not padding.
     *
     * @param attentionMask 1 for a token and 0 for padding, of shape (B, T)
     */
    static AttentionMask padding(NDArray attentionMask) {
        return new AttentionMask(false, () -> aligned(paddingScores(attentionMask)));
    }

    /**
     * Tokens attend to themselves and to earlier ones.
     *
     * @param manager the owner of the mask
     * @param length the number of tokens T
     */
    static AttentionMask causal(NDManager manager, long length) {
        return new AttentionMask(true, () -> causalScores(manager, length));
    }

    /**
     * Tokens attend to themselves and to earlier ones that are not padding.
     *
     * @param attentionMask 1 for a token and 0 for padding, of shape (B, T)
     */
    static AttentionMask causalPadding(NDArray attentionMask) {
        long length = attentionMask.getShape().get(1);
        return new AttentionMask(
                false,
                () -> {
                    try (NDArray padding = paddingScores(attentionMask);
                            NDArray causal = causalScores(attentionMask.getManager(), length)) {
                        return aligned(padding.add(causal));
                    }
                });
    }

    private static NDArray paddingScores(NDArray attentionMask) {
        long batch = attentionMask.getShape().get(0);
        try (NDArray kept = attentionMask.toType(DataType.FLOAT32, true);
                NDArray all = kept.onesLike();
                NDArray absent = all.subi(kept);
                NDArray scores = forbidden(absent)) {
            return scores.reshape(batch, 1, 1, -1);
        }
    }

    private static NDArray causalScores(NDManager manager, long length) {
        try (NDArray key = manager.arange((int) length);
                NDArray query = key.reshape(-1, 1);
                NDArray later = query.lt(key);
                NDArray asFloat = later.toType(DataType.FLOAT32, true)) {
            return forbidden(asFloat);
        }
    }

    /** The scores where 1 means that a pair is forbidden. */
    private static NDArray forbidden(NDArray pairs) {
        try (NDArray score = pairs.getManager().full(new Shape(), FORBIDDEN)) {
            return pairs.mul(score);
        }
    }

    /** The same scores, as a view of longer rows where theirs do not end at a multiple. */
    private static NDArray aligned(NDArray scores) {
        Shape shape = scores.getShape();
        int last = shape.dimension() - 1;
        long length = shape.get(last);
        long gap = Math.floorMod(-length, ALIGNMENT);
        if (gap == 0) {
            return scores;
        }
        try (scores;
                NDArray filler = scores.getManager().zeros(shape.slice(0, last).add(gap));
                NDArray longer = scores.concat(filler, last)) {
            return longer.get(new NDIndex("..., :{}", length));
        }
    }

    /** What is added to the scores, of a shape that broadcasts to (B, heads, T, T), or null. */
    NDArray addend() {
        if (addend == null) {
            addend = scores.get();
        }
        return addend;
    }

    /** Whether the mask is that of {@link #causal}, whose addend fused attention does not need. */
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
