package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.norm.Dropout;
import dev.tram.djl.internal.pytorch.FusedAttention;

/**
 * Scaled dot-product attention: softmax(QKᵀ/√d + mask) V. One fused operation where the engine has
 * it, otherwise plain array operations.
 */
final class DotProductAttention {

    private DotProductAttention() {}

    /**
     * Attends.
     *
     * @param query the queries, of shape (B, H, T, d)
     * @param key the keys, of shape (B, H, T, d)
     * @param value the values, of shape (B, H, T, d)
     * @param mask which tokens attend to which
     * @param dropout the dropout of the attention weights
     * @param training whether dropout is on
     * @return the weighted values, of shape (B, H, T, d)
     */
    static NDArray apply(
            NDArray query,
            NDArray key,
            NDArray value,
            AttentionMask mask,
            float dropout,
            boolean training) {
        boolean fused = FusedAttention.isAvailable(query.getManager());
        if (fused && mask.isCausal()) {
            return FusedAttention.apply(query, key, value, null, true, dropout, training);
        }
        NDArray addend = mask.addend();
        return fused && (addend == null || addend.getDataType() == query.getDataType())
                ? FusedAttention.apply(query, key, value, addend, false, dropout, training)
                : plain(query, key, value, addend, dropout, training);
    }

    /** The reference that the fused operation is tested against. */
    static NDArray plain(
            NDArray query,
            NDArray key,
            NDArray value,
            NDArray addend,
            float dropout,
            boolean training) {
        double scale = 1 / Math.sqrt((double) query.getShape().get(3));
        try (NDArray scaled = Scaling.times(query, scale);
                NDArray transposed = key.swapAxes(2, 3);
                NDArray scores = scaled.matMul(transposed);
                NDArray weights = softmax(scores, addend);
                NDArray kept = Dropout.dropout(weights, dropout, training).singletonOrThrow()) {
            return kept.matMul(value);
        }
    }

    private static NDArray softmax(NDArray scores, NDArray addend) {
        if (addend == null) {
            return scores.softmax(-1);
        }
        try (NDArray masked = scores.add(addend)) {
            return masked.softmax(-1);
        }
    }
}
