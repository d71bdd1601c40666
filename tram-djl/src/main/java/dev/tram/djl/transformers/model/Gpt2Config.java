package dev.tram.djl.transformers.model;

import dev.tram.core.internal.Arguments;
import java.util.List;
import java.util.OptionalInt;

/**
 * The configuration of GPT-2 (Radford et al., 2019), as a language model or as a classifier.
 *
 * @param modelType always {@code gpt2}
 * @param vocabSize the number of tokens
 * @param nPositions the greatest number of tokens of a text
 * @param nEmbd the width of a token
 * @param nLayer the number of layers
 * @param nHead the number of attention heads, a divisor of the width
 * @param nInner the perceptron's inner width, or null for four times the width
 * @param activationFunction the perceptron's activation
 * @param residPdrop the dropout of residual updates
 * @param embdPdrop the dropout of embeddings
 * @param attnPdrop the dropout of attention weights
 * @param layerNormEpsilon the floor of layer normalization
 * @param initializerRange the standard deviation of the initial weights
 * @param labels the names of the classes, or null for a language model
 */
public record Gpt2Config(
        String modelType,
        int vocabSize,
        int nPositions,
        int nEmbd,
        int nLayer,
        int nHead,
        Integer nInner,
        ActivationFunction activationFunction,
        float residPdrop,
        float embdPdrop,
        float attnPdrop,
        float layerNormEpsilon,
        float initializerRange,
        List<String> labels)
        implements ModelConfig {

    static final String TYPE = "gpt2";

    /** The smallest GPT-2 (124 M parameters): the values of keys that config.json leaves out. */
    public static final Gpt2Config BASE =
            new Gpt2Config(
                    TYPE,
                    50257,
                    1024,
                    768,
                    12,
                    12,
                    null,
                    ActivationFunction.GELU_NEW,
                    0.1f,
                    0.1f,
                    0.1f,
                    1e-5f,
                    0.02f,
                    null);

    /** Checks the configuration. */
    public Gpt2Config {
        Arguments.atLeast("vocab_size", vocabSize, 1);
        Arguments.atLeast("n_positions", nPositions, 1);
        Ranges.width("n_embd", nEmbd);
        Arguments.atLeast("n_layer", nLayer, 1);
        Arguments.atLeast("n_head", nHead, 1);
        if (nInner != null) {
            Arguments.atLeast("n_inner", nInner, 1);
        }
        Ranges.dropout("resid_pdrop", residPdrop);
        Ranges.dropout("embd_pdrop", embdPdrop);
        Ranges.dropout("attn_pdrop", attnPdrop);
        Arguments.nonNegative("layer_norm_epsilon", layerNormEpsilon);
        Arguments.nonNegative("initializer_range", initializerRange);
        labels = labels == null ? null : Ranges.labels(labels);
    }

    /**
     * Describes a language model of any size, with GPT-2's dropout of 0.1.
     *
     * @param vocabSize the number of tokens
     * @param nPositions the greatest number of tokens of a text
     * @param nEmbd the width of a token
     * @param nLayer the number of layers
     * @param nHead the number of attention heads, a divisor of the width
     * @return the configuration
     */
    public static Gpt2Config of(int vocabSize, int nPositions, int nEmbd, int nLayer, int nHead) {
        return new Gpt2Config(
                TYPE,
                vocabSize,
                nPositions,
                nEmbd,
                nLayer,
                nHead,
                BASE.nInner,
                BASE.activationFunction,
                BASE.residPdrop,
                BASE.embdPdrop,
                BASE.attnPdrop,
                BASE.layerNormEpsilon,
                BASE.initializerRange,
                null);
    }

    /**
     * Makes a classifier, which reads the last token.
     *
     * @param newLabels the names of the classes
     * @return the configuration with those classes
     */
    public Gpt2Config withLabels(List<String> newLabels) {
        return ConfigFile.change(this, tree -> newLabels.forEach(tree.putArray("labels")::add));
    }

    @Override
    public float dropout() {
        return Math.max(residPdrop, Math.max(embdPdrop, attnPdrop));
    }

    /**
     * Sets all dropout rates.
     *
     * @param rate the rate
     * @return the configuration with that dropout
     */
    public Gpt2Config withDropout(float rate) {
        return ConfigFile.change(
                this,
                tree ->
                        tree.put("resid_pdrop", rate)
                                .put("embd_pdrop", rate)
                                .put("attn_pdrop", rate));
    }

    /**
     * Returns the class of Hugging Face's transformers that computes what {@link #newBlock} does.
     */
    String architecture() {
        return labels == null ? "GPT2LMHeadModel" : "GPT2ForSequenceClassification";
    }

    /** Returns the perceptron's inner width. */
    int innerWidth() {
        return nInner == null ? 4 * nEmbd : nInner;
    }

    @Override
    public List<String> classes() {
        return labels == null ? List.of() : labels;
    }

    @Override
    public OptionalInt textLimit() {
        return OptionalInt.of(nPositions);
    }

    @Override
    public Gpt2 newBlock() {
        return new Gpt2(this);
    }
}
