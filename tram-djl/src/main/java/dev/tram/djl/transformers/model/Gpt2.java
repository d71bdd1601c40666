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
import ai.djl.training.initializer.NormalInitializer;

/**
 * GPT-2: token ids (B, T) and, if there is padding, an attention mask (B, T) to logits. Of a
 * language model they are (B, T, vocabulary), and the output layer is the word embedding; of a
 * classifier they are (B, classes), from the last token that is not padding. Positions count from
 * the row's first token, padding included, so padding goes to the right. The features are the
 * tokens after the last normalization, (B, T, width), or the last one, (B, width).
 */
public final class Gpt2 extends TransformerModel {

    private static final String TRUNK = "transformer";

    private final Gpt2Config config;
    private final Trunk trunk;
    private final Dense classifier;

    /**
     * Builds the block, without values for its parameters.
     *
     * @param config the configuration
     */
    public Gpt2(Gpt2Config config) {
        this.config = config;
        trunk = addChildBlock(TRUNK, new Trunk());
        classifier = config.labels() == null ? null : addChildBlock("score", score(config));
    }

    private static Dense score(Gpt2Config config) {
        Initializer initializer = new NormalInitializer(config.initializerRange());
        return new Dense(config.nEmbd(), config.labels().size(), false, initializer);
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
            NDArray hidden = trunk.apply(parameterStore, ids, mask, training);
            return classifier == null ? hidden : last(hidden, text.attentionMask());
        }
    }

    /** Closes all tokens but the last one of each text. */
    private static NDArray last(NDArray hidden, NDArray attentionMask) {
        if (attentionMask == null) {
            try (hidden) {
                return hidden.get(new NDIndex(":, -1"));
            }
        }
        int length = (int) hidden.getShape().get(1);
        NDManager manager = hidden.getManager();
        try (hidden;
                NDArray mask = attentionMask.toType(DataType.INT64, true);
                NDArray positions = manager.arange(0, length, 1, DataType.INT64);
                NDArray present = mask.mul(positions);
                NDArray greatest = present.argMax(1);
                NDArray chosen = greatest.oneHot(length, hidden.getDataType());
                NDArray column = chosen.expandDims(2);
                NDArray kept = hidden.mul(column)) {
            return kept.sum(new int[] {1});
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
        return config.architecture();
    }

    @Override
    public NDArray head(ParameterStore parameterStore, NDArray features, boolean training) {
        return classifier == null
                ? trunk.words.score(parameterStore, features, null, training)
                : classifier.apply(parameterStore, features, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {
            classifier == null
                    ? inputShapes[0].add(config.vocabSize())
                    : new Shape(inputShapes[0].get(0), config.labels().size())
        };
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
