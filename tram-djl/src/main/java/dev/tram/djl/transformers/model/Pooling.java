package dev.tram.djl.transformers.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a classifier reads of an encoded text. */
public enum Pooling {
    /** The first token, through a dense layer of the head's own (RoBERTa). */
    FIRST_TOKEN,

    /** The first token, through the encoder's pooler (BERT). */
    POOLER,

    /** The mean of all tokens that are not padding (sentence encoders, which have no pooler). */
    MEAN;

    /**
     * Returns the name in config.json, key {@code classifier_pooling}.
     *
     * @return the name
     */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
