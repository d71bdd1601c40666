package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;

/**
 * A BERT-like encoder as a classifier of texts or pairs of texts: token ids (B, T), optionally an
 * attention mask (B, T), optionally token types (B, T), to logits (B, classes). Its features are
 * the pooled text, (B, width).
 */
public final class EncoderClassifier extends EncoderModel {

    private final Dense dense;
    private final Dense classifier;

    /**
     * Builds the block, without values for its parameters.
     *
     * @param config the configuration
     */
    public EncoderClassifier(EncoderConfig config) {
        super(config, config.classifierPooling() == Pooling.POOLER);
        Pooling pooling = config.classifierPooling();
        int width = config.hiddenSize();
        Dense output = new Dense(width, config.labels().size(), initializer);
        if (pooling == Pooling.FIRST_TOKEN && config.isDistilbert()) {
            dense = addChildBlock("pre_classifier", new Dense(width, width, initializer));
            classifier = addChildBlock("classifier", output);
        } else if (pooling == Pooling.FIRST_TOKEN) {
            dense = addChildBlock("classifier.dense", new Dense(width, width, initializer));
            classifier = addChildBlock("classifier.out_proj", output);
        } else {
            dense = null;
            classifier = addChildBlock("classifier", output);
        }
    }

    @Override
    public NDArray features(ParameterStore parameterStore, NDList inputs, boolean training) {
        TextInputs text = TextInputs.of(inputs, config.maxTokens());
        try (NDArray hidden = trunk.apply(parameterStore, text, training)) {
            return switch (config.classifierPooling()) {
                case FIRST_TOKEN -> hidden.get(new NDIndex(":, 0"));
                case POOLER -> trunk.pool(parameterStore, hidden, training);
                case MEAN -> mean(hidden, text.attentionMask());
            };
        }
    }

    private static NDArray mean(NDArray hidden, NDArray attentionMask) {
        if (attentionMask == null) {
            return hidden.mean(new int[] {1});
        }
        try (NDArray present = attentionMask.toType(hidden.getDataType(), true);
                NDArray column = present.expandDims(2);
                NDArray kept = hidden.mul(column);
                NDArray sum = kept.sum(new int[] {1});
                NDArray count = present.sum(new int[] {1}, true)) {
            return sum.div(count);
        }
    }

    @Override
    String architecture() {
        return config.architecture();
    }

    @Override
    public NDArray head(ParameterStore parameterStore, NDArray features, boolean training) {
        float rate = config.headDropout();
        if (dense != null && config.isDistilbert()) {
            try (NDArray mapped = dense.apply(parameterStore, features, training);
                    NDArray active = config.headActivation().apply(mapped);
                    NDArray kept = Dropout.dropout(active, rate, training).singletonOrThrow()) {
                return classifier.apply(parameterStore, kept, training);
            }
        }
        try (NDArray kept = Dropout.dropout(features, rate, training).singletonOrThrow()) {
            if (dense == null) {
                return classifier.apply(parameterStore, kept, training);
            }
            try (NDArray mapped = dense.apply(parameterStore, kept, training);
                    NDArray active = config.headActivation().apply(mapped);
                    NDArray keptActive =
                            Dropout.dropout(active, rate, training).singletonOrThrow()) {
                return classifier.apply(parameterStore, keptActive, training);
            }
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {new Shape(inputShapes[0].get(0), config.labels().size())};
    }
}
