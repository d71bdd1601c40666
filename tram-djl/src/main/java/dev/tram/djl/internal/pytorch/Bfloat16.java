package dev.tram.djl.internal.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * Affine maps and attention in bfloat16 on PyTorch, with gradient, between float32 arrays: as
 * {@code torch.autocast} does, but for each operation by itself, since DJL's PyTorch engine has no
 * arrays of this type (asked for one, it ends the process).
 */
public final class Bfloat16 {

    private static final String SOURCE = "bfloat16";

    private Bfloat16() {}

    /**
     * Maps the last axis: y = x Wᵀ + b. Gradients flow to all three wherever the thread records
     * them.
     *
     * @param input x, of shape (…, in), float32
     * @param weight W, of shape (out, in), float32
     * @param bias b, of shape (out), float32, or null
     * @return y, of shape (…, out), float32, owned by the input's manager
     */
    public static NDArray linear(NDArray input, NDArray weight, NDArray bias) {
        NDList arguments = new NDList(input, weight);
        if (bias == null) {
            return DifferentiableCall.run(SOURCE, "linear", arguments);
        }
        arguments.add(bias);
        return DifferentiableCall.run(SOURCE, "affine", arguments);
    }

    /**
     * Attends, as {@link FusedAttention#apply} does.
     *
     * @param query the queries, of shape (B, heads, T, d), float32
     * @param key the keys, of shape (B, heads, S, d), float32
     * @param value the values, of shape (B, heads, S, d), float32
     * @param mask what is added to the scores, float32, of a shape that broadcasts to (B, heads, T,
     *     S); null for none
     * @param causal whether a query attends to no later key; without mask only
     * @param dropout the dropout rate of the attention weights, at least 0 and less than 1
     * @param training whether dropout is on
     * @return the weighted values, of shape (B, heads, T, d), float32, owned by the queries'
     *     manager
     * @throws IllegalArgumentException if the shapes or the rate do not fit, or if both a mask and
     *     {@code causal} are given
     */
    public static NDArray attention(
            NDArray query,
            NDArray key,
            NDArray value,
            NDArray mask,
            boolean causal,
            float dropout,
            boolean training) {
        return FusedAttention.attend(SOURCE, query, key, value, mask, causal, dropout, training);
    }
}
