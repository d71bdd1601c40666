package dev.tram.djl.internal.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.pytorch.Kernels;

/**
 * Scaled dot-product attention, softmax(QKᵀ/√d + mask) V, as one operation with gradient on
 * PyTorch.
 */
public final class FusedAttention {

    private static final int DIMENSIONS = 4;

    private FusedAttention() {}

    /**
     * Returns whether {@link #apply} runs on an engine: on PyTorch, unless {@link Kernels#of}
     * selects the portable kernels.
     *
     * @param manager a manager of the engine
     * @return whether arrays of the engine can be given to {@link #apply}
     * @throws IllegalArgumentException if the property {@value Kernels#PROPERTY} holds another word
     * @throws IllegalStateException if the fused kernels are asked for on another engine
     */
    public static boolean isAvailable(NDManager manager) {
        return Kernels.of(manager) == Kernels.FUSED;
    }

    /**
     * Attends. Gradients flow to queries, keys and values wherever the thread records them, in
     * training or not.
     *
     * @param query the queries, of shape (B, heads, T, d)
     * @param key the keys, of shape (B, heads, S, d)
     * @param value the values, of shape (B, heads, S, d)
     * @param mask what is added to the scores, of the queries' data type, or true where a query may
     *     attend to a key; of a shape that broadcasts to (B, heads, T, S); null for none
     * @param causal whether a query attends to no later key; without mask only
     * @param dropout the dropout rate of the attention weights, at least 0 and less than 1
     * @param training whether dropout is on
     * @return the weighted values, of shape (B, heads, T, d), owned by the queries' manager
     * @throws IllegalArgumentException if the shapes or the rate do not fit, or if both a mask and
     *     {@code causal} are given
     */
    public static NDArray apply(
            NDArray query,
            NDArray key,
            NDArray value,
            NDArray mask,
            boolean causal,
            float dropout,
            boolean training) {
        return attend("attention", query, key, value, mask, causal, dropout, training);
    }

    /** Attends by the kernels of a source. */
    static NDArray attend(
            String source,
            NDArray query,
            NDArray key,
            NDArray value,
            NDArray mask,
            boolean causal,
            float dropout,
            boolean training) {
        check(query, key, value, mask, causal, dropout);
        String method = mask != null ? "masked" : causal ? "causal" : "full";
        NDList arguments = new NDList(query, key, value);
        arguments.add(DifferentiableCall.scalar(training ? dropout : 0f));
        if (mask != null) {
            arguments.add(mask);
        }
        return DifferentiableCall.run(source, method, arguments);
    }

    private static void check(
            NDArray query,
            NDArray key,
            NDArray value,
            NDArray mask,
            boolean causal,
            float dropout) {
        Shape shape = query.getShape();
        if (shape.dimension() != DIMENSIONS) {
            throw new IllegalArgumentException(
                    "query must be of shape (B, heads, T, d), received: " + shape);
        }
        Shape keys = new Shape(shape.get(0), shape.get(1), key.getShape().get(2), shape.get(3));
        checkShape("key", key, keys);
        checkShape("value", value, keys);
        if (causal && mask != null) {
            throw new IllegalArgumentException(
                    "causal must be false where a mask is given, received: true");
        }
        if (!(dropout >= 0f && dropout < 1f)) {
            throw new IllegalArgumentException(
                    "dropout must be at least 0 and less than 1, received: " + dropout);
        }
    }

    private static void checkShape(String name, NDArray array, Shape expected) {
        if (!array.getShape().equals(expected)) {
            throw new IllegalArgumentException(
                    name + " must be of shape " + expected + ", received: " + array.getShape());
        }
    }
}
