package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;

/**
 * A transformer layer: attention and perceptron, each around a residual connection. With
 * normalization first, x + f(norm(x)); otherwise norm(x + f(x)).
 */
final class TransformerLayer extends SequenceBlock {

    private final boolean preNorm;
    private final float dropout;
    private final SelfAttention attention;
    private final LayerNormalization attentionNorm;
    private final Mlp mlp;
    private final LayerNormalization mlpNorm;

    TransformerLayer(LayerSpec spec) {
        preNorm = spec.preNorm();
        dropout = spec.residualDropout();
        LayerNames names = spec.names();
        attentionNorm =
                addChildBlock(
                        names.attentionNorm(),
                        new LayerNormalization(spec.width(), spec.epsilon()));
        attention = addChildBlock(names.attention(), new SelfAttention(spec));
        mlpNorm =
                addChildBlock(
                        names.mlpNorm(), new LayerNormalization(spec.width(), spec.epsilon()));
        mlp = addChildBlock(names.mlp(), new Mlp(spec));
    }

    @Override
    NDArray apply(ParameterStore store, NDArray tokens, AttentionMask mask, boolean training) {
        return preNorm
                ? normalizeFirst(store, tokens, mask, training)
                : normalizeLast(store, tokens, mask, training);
    }

    private NDArray normalizeFirst(
            ParameterStore store, NDArray tokens, AttentionMask mask, boolean training) {
        try (NDArray normed = attentionNorm.apply(store, tokens, training);
                NDArray attended = attention.apply(store, normed, mask, training);
                NDArray middle = addDropped(tokens, attended, training);
                NDArray normedMiddle = mlpNorm.apply(store, middle, training);
                NDArray transformed = mlp.apply(store, normedMiddle, training)) {
            return addDropped(middle, transformed, training);
        }
    }

    private NDArray normalizeLast(
            ParameterStore store, NDArray tokens, AttentionMask mask, boolean training) {
        try (NDArray attended = attention.apply(store, tokens, mask, training);
                NDArray sum = addDropped(tokens, attended, training);
                NDArray middle = attentionNorm.apply(store, sum, training);
                NDArray transformed = mlp.apply(store, middle, training);
                NDArray secondSum = addDropped(middle, transformed, training)) {
            return mlpNorm.apply(store, secondSum, training);
        }
    }

    private NDArray addDropped(NDArray residual, NDArray update, boolean training) {
        try (NDArray kept = Dropout.dropout(update, dropout, training).singletonOrThrow()) {
            return residual.add(kept);
        }
    }
}
