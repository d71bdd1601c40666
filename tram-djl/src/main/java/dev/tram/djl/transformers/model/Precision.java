package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.core.Linear;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.pytorch.Bfloat16;
import dev.tram.djl.internal.pytorch.FusedAttention;
import java.util.Arrays;

/**
 * The precision of matrix products and attention. Parameters, gradients, normalizations, the
 * convolution of patches and logits are float32 in either case.
 */
public enum Precision {
    /** Single precision: 24 significant bits. */
    FLOAT32("fp32") {
        @Override
        NDArray linear(NDArray input, NDArray weight, NDArray bias) {
            return Linear.linear(input, weight, bias).singletonOrThrow();
        }

        @Override
        NDArray attention(
                NDArray query,
                NDArray key,
                NDArray value,
                AttentionMask mask,
                float dropout,
                boolean training) {
            return DotProductAttention.apply(query, key, value, mask, dropout, training);
        }
    },

    /**
     * bfloat16: float32's range with 8 significant bits. It needs PyTorch and fused kernels, and is
     * faster on a processor that has instructions for it.
     */
    BFLOAT16("bf16") {
        @Override
        NDArray linear(NDArray input, NDArray weight, NDArray bias) {
            requireKernels(input);
            return Bfloat16.linear(input, weight, bias);
        }

        @Override
        NDArray attention(
                NDArray query,
                NDArray key,
                NDArray value,
                AttentionMask mask,
                float dropout,
                boolean training) {
            requireKernels(query);
            NDArray addend = mask.isCausal() ? null : mask.addend();
            return Bfloat16.attention(
                    query, key, value, addend, mask.isCausal(), dropout, training);
        }
    };

    private final String shortName;

    Precision(String shortName) {
        this.shortName = shortName;
    }

    /**
     * Finds a precision.
     *
     * @param name {@code fp32} or {@code bf16}
     * @return the precision
     * @throws IllegalArgumentException if there is none of that name
     */
    @JsonCreator
    public static Precision named(String name) {
        return Arrays.stream(values())
                .filter(precision -> precision.shortName.equals(name))
                .findFirst()
                .orElseThrow(() -> Arguments.rejected("the precision", "fp32 or bf16", name));
    }

    /**
     * Returns whether models can compute in this precision.
     *
     * @param manager a manager of the models' engine
     * @return false for bfloat16 without the fused kernels
     */
    public boolean isAvailable(NDManager manager) {
        return this == FLOAT32 || FusedAttention.isAvailable(manager);
    }

    /** Computes x Wᵀ + b. */
    abstract NDArray linear(NDArray input, NDArray weight, NDArray bias);

    /** Computes softmax(QKᵀ/√d + mask) V, as {@link DotProductAttention} does. */
    abstract NDArray attention(
            NDArray query,
            NDArray key,
            NDArray value,
            AttentionMask mask,
            float dropout,
            boolean training);

    private static void requireKernels(NDArray array) {
        if (!FusedAttention.isAvailable(array.getManager())) {
            throw new IllegalStateException(
                    "bf16 needs the fused kernels of the PyTorch engine, received: portable ones on "
                            + array.getManager().getEngine().getEngineName());
        }
    }

    @JsonValue
    @Override
    public String toString() {
        return shortName;
    }
}
