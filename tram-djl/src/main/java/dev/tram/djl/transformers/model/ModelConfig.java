package dev.tram.djl.transformers.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.OptionalInt;

/** A model's configuration: the part of Hugging Face's {@code config.json} that its block obeys. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public sealed interface ModelConfig permits VitConfig, Gpt2Config, EncoderConfig {

    /**
     * Returns the model family.
     *
     * @return {@code model_type} of config.json
     */
    String modelType();

    /**
     * Returns what a classifier tells apart.
     *
     * @return the names of the classes; none for a language model
     */
    List<String> classes();

    /**
     * Returns how long a text may be.
     *
     * @return the greatest number of tokens; none for images
     */
    OptionalInt textLimit();

    /**
     * Returns the dropout in training.
     *
     * @return the greatest rate of any layer
     */
    float dropout();

    /**
     * Builds the model, without values for its parameters.
     *
     * @return the block; {@code initialize} or a {@code Trainer} draws random values
     */
    TransformerModel newBlock();
}
