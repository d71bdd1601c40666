package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.tram.djl.InputNoise;

/** An encoder without a head: text to tokens (B, T, width). */
final class EncoderTrunk extends FixedBlock {

    private final EncoderConfig config;
    private final EncoderEmbeddings embeddings;
    private final Dense projection;
    private final TransformerStack layers;
    private final Dense pooler;

    EncoderTrunk(EncoderConfig config, boolean pooled, InputNoise noise, Initializer initializer) {
        this.config = config;
        embeddings = addChildBlock("embeddings", new EncoderEmbeddings(config, noise, initializer));
        projection =
                config.embeddingWidth() == config.hiddenSize()
                        ? null
                        : addChildBlock(
                                "embeddings_project",
                                new Dense(
                                        config.embeddingWidth(), config.hiddenSize(), initializer));
        LayerSpec spec =
                new LayerSpec(
                        config.isDistilbert() ? LayerNames.DISTILBERT : LayerNames.BERT,
                        false,
                        config.hiddenSize(),
                        config.numAttentionHeads(),
                        config.intermediateSize(),
                        true,
                        config.hiddenAct(),
                        config.layerNormEps(),
                        config.attentionProbsDropoutProb(),
                        config.hiddenDropoutProb(),
                        initializer,
                        initializer);
        layers =
                addChildBlock(
                        config.isDistilbert() ? "transformer" : "encoder",
                        new TransformerStack("layer", config.numHiddenLayers(), spec));
        int width = config.hiddenSize();
        pooler =
                pooled ? addChildBlock("pooler.dense", new Dense(width, width, initializer)) : null;
    }

    /** The table of words, which a masked language model's head shares. */
    TokenEmbedding words() {
        return embeddings.words();
    }

    NDArray apply(ParameterStore store, TextInputs text, boolean training) {
        try (AttentionMask mask =
                        text.attentionMask() == null
                                ? AttentionMask.none()
                                : AttentionMask.padding(text.attentionMask());
                NDArray embedded = embed(store, text, training)) {
            return layers.apply(store, embedded, mask, training);
        }
    }

    private NDArray embed(ParameterStore store, TextInputs text, boolean training) {
        NDArray embedded = embeddings.apply(store, text.ids(), text.tokenTypes(), training);
        if (projection == null) {
            return embedded;
        }
        try (embedded) {
            return projection.apply(store, embedded, training);
        }
    }

    /** The first token of each text through BERT's pooler, (B, width). */
    NDArray pool(ParameterStore store, NDArray hidden, boolean training) {
        try (NDArray first = hidden.get(new NDIndex(":, 0"));
                NDArray mapped = pooler.apply(store, first, training)) {
            return Activation.tanh(mapped);
        }
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        TextInputs text = TextInputs.of(inputs, config.maxTokens());
        return new NDList(apply(parameterStore, text, training));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(config.hiddenSize())};
    }
}
