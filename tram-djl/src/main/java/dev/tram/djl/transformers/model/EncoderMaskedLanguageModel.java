package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.tram.core.internal.Arguments;

/**
 * A BERT-like encoder as a masked language model: token ids (B, T), optionally an attention mask
 * (B, T), optionally token types (B, T), to logits (B, T, vocabulary). The output layer is the word
 * embedding. Its features are the encoded tokens, (B, T, width).
 */
public final class EncoderMaskedLanguageModel extends EncoderModel {

    private final Head head;

    /**
     * Builds the block, without values for its parameters.
     *
     * @param config the configuration
     * @throws IllegalArgumentException for ELECTRA, whose generator's head is not implemented
     */
    public EncoderMaskedLanguageModel(EncoderConfig config) {
        super(implemented(config), false);
        head =
                switch (config.modelType()) {
                    case EncoderConfig.BERT ->
                            addChildBlock(
                                    "cls.predictions",
                                    new Head("transform.dense", "transform.LayerNorm", "bias"));
                    case EncoderConfig.DISTILBERT ->
                            addChildBlock(
                                    "",
                                    new Head(
                                            "vocab_transform",
                                            "vocab_layer_norm",
                                            "vocab_projector.bias"));
                    default -> addChildBlock("lm_head", new Head("dense", "layer_norm", "bias"));
                };
    }

    private static EncoderConfig implemented(EncoderConfig config) {
        if (config.modelType().equals(EncoderConfig.ELECTRA)) {
            throw Arguments.rejected(
                    "model_type of a masked language model",
                    "another one than ELECTRA's, whose generator is not implemented",
                    config.modelType());
        }
        return config;
    }

    @Override
    public NDArray features(ParameterStore parameterStore, NDList inputs, boolean training) {
        TextInputs text = TextInputs.of(inputs, config.maxTokens());
        return trunk.apply(parameterStore, text, training);
    }

    @Override
    String architecture() {
        return config.className() + "ForMaskedLM";
    }

    @Override
    public NDArray head(ParameterStore parameterStore, NDArray features, boolean training) {
        return head.apply(parameterStore, features, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(config.vocabSize())};
    }

    /** Dense layer, activation, normalization, and the word embedding as output layer. */
    private final class Head extends UnaryBlock {

        private final Dense dense;
        private final LayerNormalization norm;
        private final Parameter bias;

        Head(String denseName, String normName, String biasName) {
            int width = config.hiddenSize();
            dense = addChildBlock(denseName, new Dense(width, width, initializer));
            norm = addChildBlock(normName, new LayerNormalization(width, config.layerNormEps()));
            bias =
                    addParameter(
                            biasName, Parameter.Type.BIAS, Initializer.ZEROS, config.vocabSize());
        }

        @Override
        NDArray apply(ParameterStore store, NDArray tokens, boolean training) {
            try (NDArray mapped = dense.apply(store, tokens, training);
                    NDArray active = config.hiddenAct().apply(mapped);
                    NDArray normed = norm.apply(store, active, training)) {
                NDArray biasValue = store.getValue(bias, tokens.getDevice(), training);
                return trunk.words().score(store, normed, biasValue, training);
            }
        }

        @Override
        Shape outputShape(Shape inputShape) {
            return inputShape.slice(0, 2).add(config.vocabSize());
        }
    }
}
