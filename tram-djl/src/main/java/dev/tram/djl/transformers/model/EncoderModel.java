package dev.tram.djl.transformers.model;

import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;

/** A BERT-like encoder, to which a model adds its head. */
abstract sealed class EncoderModel extends TransformerModel
        permits EncoderClassifier, EncoderMaskedLanguageModel {

    final EncoderConfig config;
    final EncoderTrunk trunk;

    /** Draws the head's values, too. */
    final Initializer initializer;

    EncoderModel(EncoderConfig config, boolean pooled) {
        this.config = config;
        initializer = new NormalInitializer(config.initializerRange());
        trunk =
                addChildBlock(
                        config.trunkName(),
                        new EncoderTrunk(config, pooled, inputNoise, initializer));
    }

    @Override
    public final EncoderConfig config() {
        return config;
    }

    @Override
    final Shape inputShape() {
        return new Shape(1, 1);
    }

    @Override
    final String trunkName() {
        return config.trunkName();
    }
}
