package dev.tram.djl.transformers.model;

import dev.tram.core.internal.Arguments;
import java.util.List;
import java.util.OptionalInt;

/**
 * A Vision Transformer's configuration (Dosovitskiy et al., 2021).
 *
 * @param modelType always {@code vit}
 * @param hiddenSize the width of a token
 * @param numHiddenLayers the number of layers
 * @param numAttentionHeads the number of attention heads, a divisor of the width
 * @param intermediateSize the perceptron's inner width
 * @param hiddenAct the perceptron's activation
 * @param hiddenDropoutProb the dropout of embeddings and residual updates
 * @param attentionProbsDropoutProb the dropout of attention weights
 * @param initializerRange the standard deviation of the initial weights
 * @param layerNormEps the floor of layer normalization
 * @param imageSize the height and width of an image, a multiple of the patch size
 * @param patchSize the height and width of a patch
 * @param numChannels the number of colour channels
 * @param qkvBias whether query, key and value have biases
 * @param labels the names of the classes
 */
public record VitConfig(
        String modelType,
        int hiddenSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int intermediateSize,
        ActivationFunction hiddenAct,
        float hiddenDropoutProb,
        float attentionProbsDropoutProb,
        float initializerRange,
        float layerNormEps,
        int imageSize,
        int patchSize,
        int numChannels,
        boolean qkvBias,
        List<String> labels)
        implements ModelConfig {

    static final String TYPE = "vit";
    static final String DEIT = "deit";

    /** Along a side: their square is still an int. */
    private static final int MOST_PATCHES = 1 << 15;

    /** ViT-B/16 with two classes: the values of keys that config.json leaves out. */
    public static final VitConfig BASE =
            new VitConfig(
                    TYPE,
                    768,
                    12,
                    12,
                    3072,
                    ActivationFunction.GELU,
                    0f,
                    0f,
                    0.02f,
                    1e-12f,
                    224,
                    16,
                    3,
                    true,
                    List.of("LABEL_0", "LABEL_1"));

    /** Checks the configuration. */
    public VitConfig {
        if (!modelType.equals(TYPE) && !modelType.equals(DEIT)) {
            throw Arguments.rejected("model_type", "vit or deit", modelType);
        }
        Ranges.width("hidden_size", hiddenSize);
        Arguments.atLeast("num_hidden_layers", numHiddenLayers, 1);
        Arguments.atLeast("num_attention_heads", numAttentionHeads, 1);
        Arguments.atLeast("intermediate_size", intermediateSize, 1);
        Arguments.atLeast("patch_size", patchSize, 1);
        Arguments.atLeast("num_channels", numChannels, 1);
        if (imageSize < 1 || imageSize % patchSize != 0) {
            throw Arguments.rejected(
                    "image_size", "a multiple of patch_size " + patchSize, imageSize);
        }
        if (imageSize / patchSize > MOST_PATCHES) {
            throw Arguments.rejected(
                    "image_size", "at most " + MOST_PATCHES + " patches", imageSize);
        }
        Ranges.dropout("hidden_dropout_prob", hiddenDropoutProb);
        Ranges.dropout("attention_probs_dropout_prob", attentionProbsDropoutProb);
        Arguments.nonNegative("layer_norm_eps", layerNormEps);
        Arguments.nonNegative("initializer_range", initializerRange);
        labels = Ranges.labels(labels);
    }

    /**
     * Describes a model of any size: a perceptron four times as wide as a token, no dropout, three
     * colour channels.
     *
     * @param imageSize the height and width of an image, a multiple of the patch size
     * @param patchSize the height and width of a patch
     * @param hiddenSize the width of a token
     * @param numHiddenLayers the number of layers
     * @param numAttentionHeads the number of attention heads, a divisor of the width
     * @param labels the names of the classes
     * @return the configuration
     */
    public static VitConfig of(
            int imageSize,
            int patchSize,
            int hiddenSize,
            int numHiddenLayers,
            int numAttentionHeads,
            List<String> labels) {
        return new VitConfig(
                TYPE,
                hiddenSize,
                numHiddenLayers,
                numAttentionHeads,
                4 * hiddenSize,
                BASE.hiddenAct,
                BASE.hiddenDropoutProb,
                BASE.attentionProbsDropoutProb,
                BASE.initializerRange,
                BASE.layerNormEps,
                imageSize,
                patchSize,
                BASE.numChannels,
                BASE.qkvBias,
                labels);
    }

    /**
     * Sets the classes.
     *
     * @param newLabels the names of the classes
     * @return the configuration with those classes
     */
    public VitConfig withLabels(List<String> newLabels) {
        return ConfigFile.change(this, tree -> newLabels.forEach(tree.putArray("labels")::add));
    }

    /**
     * Sets the size of images.
     *
     * @param size the height and width, a multiple of the patch size
     * @return the configuration with that size
     */
    public VitConfig withImageSize(int size) {
        return ConfigFile.change(this, tree -> tree.put("image_size", size));
    }

    @Override
    public float dropout() {
        return Math.max(hiddenDropoutProb, attentionProbsDropoutProb);
    }

    /**
     * Sets all dropout rates.
     *
     * @param rate the rate
     * @return the configuration with that dropout
     */
    public VitConfig withDropout(float rate) {
        return ConfigFile.change(
                this,
                tree ->
                        tree.put("hidden_dropout_prob", rate)
                                .put("attention_probs_dropout_prob", rate));
    }

    @Override
    public List<String> classes() {
        return labels;
    }

    @Override
    public OptionalInt textLimit() {
        return OptionalInt.empty();
    }

    @Override
    public VisionTransformer newBlock() {
        return new VisionTransformer(this);
    }

    /** Returns the value of a key that config.json leaves out. */
    static VitConfig base(String modelType) {
        return ConfigFile.change(BASE, tree -> tree.put("model_type", modelType));
    }

    /**
     * Returns the class of Hugging Face's transformers that computes what {@link #newBlock} does.
     */
    String architecture() {
        return hasDistillationToken() ? "DeiTForImageClassification" : "ViTForImageClassification";
    }

    /** Whether a second token stands beside the class token, as DeiT's for distillation. */
    boolean hasDistillationToken() {
        return modelType.equals(DEIT);
    }

    /** Returns the number of tokens of an image. */
    int tokens() {
        return patches() + (hasDistillationToken() ? 2 : 1);
    }

    /** Returns the number of patches of an image. */
    int patches() {
        int side = imageSize / patchSize;
        return side * side;
    }
}
