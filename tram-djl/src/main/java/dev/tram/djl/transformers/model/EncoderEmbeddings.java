package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.tram.djl.InputNoise;

/**
 * Token ids (B, T) and, optionally, token types (B, T) to tokens (B, T, W): the sum of word, type,
 * where the model has types, and position, normalized.
 */
final class EncoderEmbeddings extends FixedBlock {

    private final EncoderConfig config;
    private final TokenEmbedding words;
    private final TokenEmbedding positions;
    private final TokenEmbedding types;
    private final LayerNormalization norm;
    private final InputNoise noise;

    EncoderEmbeddings(EncoderConfig config, InputNoise noise, Initializer initializer) {
        this.config = config;
        int width = config.embeddingWidth();
        words = addEmbedding("word_embeddings", config.vocabSize(), initializer);
        this.noise = addChildBlock("noise", noise);
        positions =
                addEmbedding("position_embeddings", config.maxPositionEmbeddings(), initializer);
        types =
                config.typeVocabSize() == 0
                        ? null
                        : addEmbedding(
                                "token_type_embeddings", config.typeVocabSize(), initializer);
        norm = addChildBlock("LayerNorm", new LayerNormalization(width, config.layerNormEps()));
    }

    private TokenEmbedding addEmbedding(String name, int rows, Initializer initializer) {
        return addChildBlock(name, new TokenEmbedding(rows, config.embeddingWidth(), initializer));
    }

    TokenEmbedding words() {
        return words;
    }

    NDArray apply(ParameterStore store, NDArray ids, NDArray tokenTypes, boolean training) {
        try (NDArray word = words.apply(store, ids, training);
                NDArray noisy = noise.forward(store, new NDList(word), training).head();
                NDArray typed = typed(store, noisy, ids, tokenTypes, training);
                NDArray position = position(store, ids, training);
                NDArray placed = typed.add(position);
                NDArray normed = norm.apply(store, placed, training)) {
            return Dropout.dropout(normed, config.hiddenDropoutProb(), training).singletonOrThrow();
        }
    }

    private NDArray typed(
            ParameterStore store, NDArray word, NDArray ids, NDArray tokenTypes, boolean training) {
        if (types == null) {
            return word.reshape(word.getShape());
        }
        try (NDArray type = type(store, ids, tokenTypes, training)) {
            return word.add(type);
        }
    }

    private NDArray type(ParameterStore store, NDArray ids, NDArray tokenTypes, boolean training) {
        return tokenTypes == null
                ? types.rows(store, ids, training).get(0)
                : types.apply(store, tokenTypes, training);
    }

    private NDArray position(ParameterStore store, NDArray ids, boolean training) {
        if (!config.positionsFollowPadding()) {
            return positions
                    .rows(store, ids, training)
                    .get(new NDIndex(":{}", ids.getShape().get(1)));
        }
        NDManager manager = ids.getManager();
        try (NDArray padding = manager.full(new Shape(), config.padTokenId(), ids.getDataType());
                NDArray present = ids.neq(padding);
                NDArray counted = present.toType(DataType.INT64, true);
                NDArray ordinal = counted.cumSum(1);
                NDArray ofTokens = ordinal.mul(counted);
                NDArray offset = ofTokens.add(padding)) {
            return positions.apply(store, offset, training);
        }
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray tokenTypes = inputs.size() > 1 ? inputs.get(1) : null;
        return new NDList(apply(parameterStore, inputs.head(), tokenTypes, training));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(config.embeddingWidth())};
    }
}
