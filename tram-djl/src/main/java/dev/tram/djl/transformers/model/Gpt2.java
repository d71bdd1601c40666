package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;

/**
 * GPT-2 as a language model: token ids (B, T) and, if there is padding, an attention mask (B, T) to
 * logits (B, T, vocabulary). The output layer is the word embedding. Positions count from the row's
 * first token, padding included, so padding goes to the right. Its features are the tokens after
 * the last normalization, (B, T, width).
 */
public final class Gpt2 extends TransformerModel {

    private static final String TRUNK = "transformer";

    private final Gpt2Config config;
    private final Trunk trunk;

    /**
     * Builds the block, without values for its parameters.
     *
     * @param config the configuration
     */
    public Gpt2(Gpt2Config config) {
        this.config = config;
        trunk = addChildBlock(TRUNK, new Trunk());
    }

    @Override
    public Gpt2Config config() {
        return config;
    }

    @Override
    public NDArray features(ParameterStore parameterStore, NDList inputs, boolean training) {
        TextInputs text = TextInputs.of(inputs, config.nPositions());
        NDArray ids = text.ids();
        try (AttentionMask mask =
                text.attentionMask() == null
                        ? AttentionMask.causal(ids.getManager(), ids.getShape().get(1))
                        : AttentionMask.causalPadding(text.attentionMask())) {
            return trunk.apply(parameterStore, ids, mask, training);
        }
    }

    @Override
    Shape inputShape() {
        return new Shape(1, 1);
    }

    @Override
    String trunkName() {
        return TRUNK;
    }

    @Override
    String architecture() {
        return "GPT2LMHeadModel";
    }

    @Override
    public NDArray head(ParameterStore parameterStore, NDArray features, boolean training) {
        return trunk.words.score(parameterStore, features, null, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(config.vocabSize())};
    }

    /** The initial values of weights that write to the residual stream (section 2.3). */
    private static Initializer residual(Gpt2Config config) {
        return new NormalInitializer(
                (float) (config.initializerRange() / Math.sqrt(2.0 * config.nLayer())));
    }

    /** Token ids to tokens after the last normalization. */
    private final class Trunk extends SequenceBlock {

        private final TokenEmbedding words;
        private final TokenEmbedding positions;
        private final TransformerStack layers;
        private final LayerNormalization norm;

        Trunk() {
            int width = config.nEmbd();
            Initializer initializer = new NormalInitializer(config.initializerRange());
            words =
                    addChildBlock(
                            "wte", new TokenEmbedding(config.vocabSize(), width, initializer));
            addChildBlock("noise", inputNoise);
            positions =
                    addChildBlock(
                            "wpe", new TokenEmbedding(config.nPositions(), width, initializer));
            LayerSpec spec =
                    new LayerSpec(
                            LayerNames.GPT2,
                            true,
                            width,
                            config.nHead(),
                            config.innerWidth(),
                            true,
                            config.activationFunction(),
                            config.layerNormEpsilon(),
                            config.attnPdrop(),
                            config.residPdrop(),
                            initializer,
                            residual(config));
            layers = addChildBlock("", new TransformerStack("h", config.nLayer(), spec));
            norm = addChildBlock("ln_f", new LayerNormalization(width, config.layerNormEpsilon()));
        }

        @Override
        NDArray apply(ParameterStore store, NDArray ids, AttentionMask mask, boolean training) {
            try (NDArray embedded = embed(store, ids, training);
                    NDArray hidden = layers.apply(store, embedded, mask, training)) {
                return norm.apply(store, hidden, training);
            }
        }

        private NDArray embed(ParameterStore store, NDArray ids, boolean training) {
            NDIndex firstPositions = new NDIndex(":{}", ids.getShape().get(1));
            try (NDArray word = words.apply(store, ids, training);
                    NDArray noisy = noisy(store, word, training);
                    NDArray position = positions.rows(store, ids, training).get(firstPositions);
                    NDArray placed = noisy.add(position)) {
                return Dropout.dropout(placed, config.embdPdrop(), training).singletonOrThrow();
            }
        }
    }
}
