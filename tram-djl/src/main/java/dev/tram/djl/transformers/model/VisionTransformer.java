package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.TruncatedNormalInitializer;
import dev.tram.core.internal.Arguments;

/**
 * The Vision Transformer, or DeiT (Touvron et al., 2021), as an image classifier: images (B, C, H,
 * W), float32, to logits (B, classes). Its features are the class token after the last layer, (B,
 * width).
 */
public final class VisionTransformer extends TransformerModel {

    private final VitConfig config;
    private final Trunk trunk;
    private final Dense classifier;

    /**
     * Builds the block, without values for its parameters.
     *
     * @param config the configuration
     */
    public VisionTransformer(VitConfig config) {
        this.config = config;
        Initializer initializer = new TruncatedNormalInitializer(config.initializerRange());
        addChildBlock("noise", inputNoise);
        trunk = addChildBlock(config.modelType(), new Trunk(config, initializer));
        classifier =
                addChildBlock(
                        "classifier",
                        new Dense(config.hiddenSize(), config.labels().size(), initializer));
    }

    @Override
    public VitConfig config() {
        return config;
    }

    @Override
    public NDArray features(ParameterStore parameterStore, NDList inputs, boolean training) {
        NDArray images = inputs.head();
        Shape expected =
                new Shape(-1, config.numChannels(), config.imageSize(), config.imageSize());
        if (images.getShape().dimension() != 4
                || !images.getShape().slice(1).equals(expected.slice(1))) {
            throw Arguments.rejected("the images", "of shape " + expected, images.getShape());
        }
        return trunk.apply(parameterStore, noisy(parameterStore, images, training), training);
    }

    @Override
    Shape inputShape() {
        return new Shape(1, config.numChannels(), config.imageSize(), config.imageSize());
    }

    @Override
    String trunkName() {
        return config.modelType();
    }

    @Override
    String architecture() {
        return config.architecture();
    }

    @Override
    public NDArray head(ParameterStore parameterStore, NDArray features, boolean training) {
        return classifier.apply(parameterStore, features, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {new Shape(inputShapes[0].get(0), config.labels().size())};
    }

    /** Images to the class token after the last layer's normalization. */
    private static final class Trunk extends UnaryBlock {

        private final VitConfig config;
        private final VitEmbeddings embeddings;
        private final TransformerStack layers;
        private final LayerNormalization norm;

        Trunk(VitConfig config, Initializer initializer) {
            this.config = config;
            embeddings = addChildBlock("embeddings", new VitEmbeddings(config, initializer));
            LayerSpec spec =
                    new LayerSpec(
                            LayerNames.VIT,
                            true,
                            config.hiddenSize(),
                            config.numAttentionHeads(),
                            config.intermediateSize(),
                            config.qkvBias(),
                            config.hiddenAct(),
                            config.layerNormEps(),
                            config.attentionProbsDropoutProb(),
                            config.hiddenDropoutProb(),
                            initializer,
                            initializer);
            layers =
                    addChildBlock(
                            "encoder",
                            new TransformerStack("layer", config.numHiddenLayers(), spec));
            norm =
                    addChildBlock(
                            "layernorm",
                            new LayerNormalization(config.hiddenSize(), config.layerNormEps()));
        }

        @Override
        NDArray apply(ParameterStore store, NDArray images, boolean training) {
            try (NDArray tokens = embeddings.apply(store, images, training);
                    NDArray hidden = layers.apply(store, tokens, AttentionMask.none(), training);
                    NDArray classToken = hidden.get(new NDIndex(":, 0"))) {
                return norm.apply(store, classToken, training);
            }
        }

        @Override
        Shape outputShape(Shape inputShape) {
            return new Shape(inputShape.get(0), config.hiddenSize());
        }
    }
}
