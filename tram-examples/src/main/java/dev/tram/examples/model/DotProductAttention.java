package dev.tram.examples.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.norm.Dropout;

/** Scaled dot-product attention: softmax(QKᵀ/√d + mask) V. */
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
        double scale = 1 / Math.sqrt((double) query.getShape().get(3));
        try (NDArray scaled = query.mul(scale);
                NDArray transposed = key.swapAxes(2, 3);
                NDArray scores = scaled.matMul(transposed);
                NDArray weights = softmax(scores, mask.addend());
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
