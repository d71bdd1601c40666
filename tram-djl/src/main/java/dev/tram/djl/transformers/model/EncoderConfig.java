package dev.tram.djl.transformers.model;

import dev.tram.core.internal.Arguments;
import java.util.List;
import java.util.OptionalInt;

/**
 * A BERT-like encoder's configuration: BERT (Devlin et al., 2019), DistilBERT (Sanh et al., 2019),
 * RoBERTa (Liu et al., 2019), CamemBERT (Martin et al., 2020), XLM-RoBERTa (Conneau et al., 2020)
 * or ELECTRA's discriminator (Clark et al., 2020).
 *
 * @param modelType {@code bert}, {@code distilbert}, {@code roberta}, {@code camembert}, {@code
 *     xlm-roberta} or {@code electra}
 * @param vocabSize the number of tokens
 * @param embeddingSize the width of ELECTRA's embeddings, or null for that of a token
 * @param hiddenSize the width of a token
 * @param numHiddenLayers the number of layers
 * @param numAttentionHeads the number of attention heads, a divisor of the width
 * @param intermediateSize the perceptron's inner width
 * @param hiddenAct the perceptron's activation
 * @param hiddenDropoutProb the dropout of embeddings and residual updates
 * @param attentionProbsDropoutProb the dropout of attention weights
 * @param classifierDropout the dropout of the classification head, or null for that of the layers
 * @param maxPositionEmbeddings the number of positions; RoBERTa's start after the padding id
 * @param typeVocabSize the number of token types, 0 for DistilBERT
 * @param padTokenId the id of padding
 * @param initializerRange the standard deviation of the initial weights
 * @param layerNormEps the floor of layer normalization
 * @param classifierPooling what a classifier reads
 * @param labels the names of the classes
 */
public record EncoderConfig(
        String modelType,
        int vocabSize,
        Integer embeddingSize,
        int hiddenSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int intermediateSize,
        ActivationFunction hiddenAct,
        float hiddenDropoutProb,
        float attentionProbsDropoutProb,
        Float classifierDropout,
        int maxPositionEmbeddings,
        int typeVocabSize,
        int padTokenId,
        float initializerRange,
        float layerNormEps,
        Pooling classifierPooling,
        List<String> labels)
        implements ModelConfig {

    static final String BERT = "bert";
    static final String DISTILBERT = "distilbert";
    static final String CAMEMBERT = "camembert";
    static final String ROBERTA = "roberta";
    static final String XLM_ROBERTA = "xlm-roberta";
    static final String ELECTRA = "electra";

    private static final List<String> TYPES =
            List.of(BERT, DISTILBERT, ROBERTA, CAMEMBERT, XLM_ROBERTA, ELECTRA);

    /** BERT base with two classes: the values of keys that BERT's config.json leaves out. */
    public static final EncoderConfig BERT_BASE =
            new EncoderConfig(
                    BERT,
                    30522,
                    null,
                    768,
                    12,
                    12,
                    3072,
                    ActivationFunction.GELU,
                    0.1f,
                    0.1f,
                    null,
                    512,
                    2,
                    0,
                    0.02f,
                    1e-12f,
                    Pooling.POOLER,
                    List.of("LABEL_0", "LABEL_1"));

    /** RoBERTa base with two classes: the values of keys that RoBERTa's config.json leaves out. */
    public static final EncoderConfig ROBERTA_BASE =
            new EncoderConfig(
                    ROBERTA,
                    50265,
                    null,
                    768,
                    12,
                    12,
                    3072,
                    ActivationFunction.GELU,
                    0.1f,
                    0.1f,
                    null,
                    514,
                    1,
                    1,
                    0.02f,
                    1e-5f,
                    Pooling.FIRST_TOKEN,
                    List.of("LABEL_0", "LABEL_1"));

    /** DistilBERT base with two classes: the values of keys that its config.json leaves out. */
    public static final EncoderConfig DISTILBERT_BASE =
            new EncoderConfig(
                    DISTILBERT,
                    30522,
                    null,
                    768,
                    6,
                    12,
                    3072,
                    ActivationFunction.GELU,
                    0.1f,
                    0.1f,
                    0.2f,
                    512,
                    0,
                    0,
                    0.02f,
                    1e-12f,
                    Pooling.FIRST_TOKEN,
                    List.of("LABEL_0", "LABEL_1"));

    /** ELECTRA small with two classes: the values of keys that its config.json leaves out. */
    public static final EncoderConfig ELECTRA_SMALL =
            new EncoderConfig(
                    ELECTRA,
                    30522,
                    128,
                    256,
                    12,
                    4,
                    1024,
                    ActivationFunction.GELU,
                    0.1f,
                    0.1f,
                    null,
                    512,
                    2,
                    0,
                    0.02f,
                    1e-12f,
                    Pooling.FIRST_TOKEN,
                    List.of("LABEL_0", "LABEL_1"));

    /** Checks the configuration. */
    public EncoderConfig {
        if (!TYPES.contains(modelType)) {
            throw Arguments.rejected("model_type", "one of " + TYPES, modelType);
        }
        Arguments.atLeast("vocab_size", vocabSize, 1);
        Ranges.width("hidden_size", hiddenSize);
        embeddingSize = modelType.equals(ELECTRA) ? embeddingSize : null;
        if (embeddingSize != null) {
            Arguments.atLeast("embedding_size", embeddingSize, 1);
        }
        Arguments.atLeast("num_hidden_layers", numHiddenLayers, 1);
        Arguments.atLeast("num_attention_heads", numAttentionHeads, 1);
        Arguments.atLeast("intermediate_size", intermediateSize, 1);
        Arguments.atLeast("type_vocab_size", typeVocabSize, modelType.equals(DISTILBERT) ? 0 : 1);
        if (padTokenId < 0 || padTokenId >= vocabSize) {
            throw Arguments.rejected(
                    "pad_token_id", "less than vocab_size " + vocabSize, padTokenId);
        }
        Arguments.atLeast(
                "max_position_embeddings",
                maxPositionEmbeddings,
                1 + firstPosition(modelType, padTokenId));
        Ranges.dropout("hidden_dropout_prob", hiddenDropoutProb);
        Ranges.dropout("attention_probs_dropout_prob", attentionProbsDropoutProb);
        if (classifierDropout != null) {
            Ranges.dropout("classifier_dropout", classifierDropout);
        }
        Arguments.nonNegative("layer_norm_eps", layerNormEps);
        Arguments.nonNegative("initializer_range", initializerRange);
        labels = Ranges.labels(labels);
    }

    /**
     * Describes an encoder of any size; the rest is the family's.
     *
     * @param modelType {@code bert}, {@code distilbert}, {@code roberta}, {@code camembert}, {@code
     *     xlm-roberta} or {@code electra}
     * @param vocabSize the number of tokens
     * @param maxTokens the greatest number of tokens of a text
     * @param hiddenSize the width of a token
     * @param numHiddenLayers the number of layers
     * @param numAttentionHeads the number of attention heads, a divisor of the width
     * @param labels the names of the classes
     * @return the configuration
     */
    public static EncoderConfig of(
            String modelType,
            int vocabSize,
            int maxTokens,
            int hiddenSize,
            int numHiddenLayers,
            int numAttentionHeads,
            List<String> labels) {
        EncoderConfig base = base(modelType);
        return new EncoderConfig(
                modelType,
                vocabSize,
                null,
                hiddenSize,
                numHiddenLayers,
                numAttentionHeads,
                4 * hiddenSize,
                base.hiddenAct,
                base.hiddenDropoutProb,
                base.attentionProbsDropoutProb,
                base.classifierDropout,
                maxTokens + firstPosition(modelType, base.padTokenId),
                base.typeVocabSize,
                base.padTokenId,
                base.initializerRange,
                base.layerNormEps,
                base.classifierPooling,
                labels);
    }

    static EncoderConfig base(String modelType) {
        return switch (modelType) {
            case BERT -> BERT_BASE;
            case DISTILBERT -> DISTILBERT_BASE;
            case ELECTRA -> ELECTRA_SMALL;
            default -> ROBERTA_BASE;
        };
    }

    private static int firstPosition(String modelType, int padTokenId) {
        return isRoberta(modelType) ? padTokenId + 1 : 0;
    }

    /**
     * Sets the classes.
     *
     * @param newLabels the names of the classes
     * @return the configuration with those classes
     */
    public EncoderConfig withLabels(List<String> newLabels) {
        return ConfigFile.change(this, tree -> newLabels.forEach(tree.putArray("labels")::add));
    }

    @Override
    public float dropout() {
        return Math.max(headDropout(), Math.max(hiddenDropoutProb, attentionProbsDropoutProb));
    }

    /**
     * Sets all dropout rates.
     *
     * @param rate the rate
     * @return the configuration with that dropout
     */
    public EncoderConfig withDropout(float rate) {
        return ConfigFile.change(
                this,
                tree ->
                        tree.put("hidden_dropout_prob", rate)
                                .put("attention_probs_dropout_prob", rate)
                                .put("classifier_dropout", rate));
    }

    /**
     * Sets the standard deviation of the initial weights. The families' 0.02 suits widths near 768;
     * a narrow model learns faster from about 1/√width.
     *
     * @param deviation the standard deviation
     * @return the configuration with that deviation
     */
    public EncoderConfig withInitializerRange(float deviation) {
        return ConfigFile.change(this, tree -> tree.put("initializer_range", deviation));
    }

    /**
     * Sets what a classifier reads.
     *
     * @param pooling what it reads
     * @return the configuration with that pooling
     */
    public EncoderConfig withClassifierPooling(Pooling pooling) {
        return ConfigFile.change(this, tree -> tree.put("classifier_pooling", pooling.toString()));
    }

    @Override
    public List<String> classes() {
        return labels;
    }

    @Override
    public OptionalInt textLimit() {
        return OptionalInt.of(maxTokens());
    }

    @Override
    public EncoderClassifier newBlock() {
        return new EncoderClassifier(this);
    }

    /**
     * Builds the encoder with a masked language model's head (Devlin et al., section 3.1), for
     * pretraining.
     *
     * @return the block, without values for its parameters
     * @throws IllegalArgumentException for ELECTRA, whose generator's head is not implemented
     */
    public EncoderMaskedLanguageModel newMaskedLanguageModel() {
        return new EncoderMaskedLanguageModel(this);
    }

    private static boolean isRoberta(String modelType) {
        return !List.of(BERT, DISTILBERT, ELECTRA).contains(modelType);
    }

    /** Whether positions start after the padding id and padding has none. */
    boolean positionsFollowPadding() {
        return isRoberta(modelType);
    }

    /** Returns the width of the embeddings. */
    int embeddingWidth() {
        return embeddingSize == null ? hiddenSize : embeddingSize;
    }

    /** Returns what a classifier that reads the first token applies to it. */
    ActivationFunction headActivation() {
        return switch (modelType) {
            case DISTILBERT -> ActivationFunction.RELU;
            case ELECTRA -> ActivationFunction.GELU;
            default -> ActivationFunction.TANH;
        };
    }

    boolean isDistilbert() {
        return modelType.equals(DISTILBERT);
    }

    /** Returns what Hugging Face calls the encoder inside a model with a head. */
    String trunkName() {
        return isRoberta(modelType) ? ROBERTA : modelType;
    }

    /** Returns what the classes of Hugging Face's transformers for this family begin with. */
    String className() {
        return switch (modelType) {
            case BERT -> "Bert";
            case DISTILBERT -> "DistilBert";
            case CAMEMBERT -> "Camembert";
            case ELECTRA -> "Electra";
            case ROBERTA -> "Roberta";
            default -> "XLMRoberta";
        };
    }

    /** Whether a classifier reads what Hugging Face's class for this family does. */
    boolean poolsAsItsFamily() {
        return classifierPooling == base(modelType).classifierPooling;
    }

    /**
     * Returns the class of Hugging Face's transformers that computes what {@link #newBlock} does.
     * Of a classifier that there is no class for, the encoder alone agrees with one.
     */
    String architecture() {
        return className() + (poolsAsItsFamily() ? "ForSequenceClassification" : "Model");
    }

    /** Returns the greatest number of tokens of a text. */
    int maxTokens() {
        return maxPositionEmbeddings - firstPosition(modelType, padTokenId);
    }

    /** Returns the dropout of the classification head. */
    float headDropout() {
        return classifierDropout == null ? hiddenDropoutProb : classifierDropout;
    }
}
