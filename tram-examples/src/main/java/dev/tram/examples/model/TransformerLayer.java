package dev.tram.examples.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/**
 * A transformer layer: attention and perceptron, each around a residual connection. With
 * normalization first, x + f(norm(x)); otherwise norm(x + f(x)).
 */
final class TransformerLayer extends FixedBlock {

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

    /**
     * Computes the layer.
     *
     * @param input tokens of shape (B, T, width)
     * @param mask what is added to the attention's scores, or null
     */
    NDArray apply(ParameterStore store, NDArray input, NDArray mask, boolean training) {
        return preNorm
                ? normalizeFirst(store, input, mask, training)
                : normalizeLast(store, input, mask, training);
    }

    private NDArray normalizeFirst(
            ParameterStore store, NDArray input, NDArray mask, boolean training) {
        try (NDArray normed = attentionNorm.apply(store, input, training);
                NDArray attended = attention.apply(store, normed, mask, training);
                NDArray middle = addDropped(input, attended, training);
                NDArray normedMiddle = mlpNorm.apply(store, middle, training);
                NDArray transformed = mlp.apply(store, normedMiddle, training)) {
            return addDropped(middle, transformed, training);
        }
    }

    private NDArray normalizeLast(
            ParameterStore store, NDArray input, NDArray mask, boolean training) {
        try (NDArray attended = attention.apply(store, input, mask, training);
                NDArray sum = addDropped(input, attended, training);
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

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray mask = inputs.size() > 1 ? inputs.get(1) : null;
        return new NDList(apply(parameterStore, inputs.head(), mask, training));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
