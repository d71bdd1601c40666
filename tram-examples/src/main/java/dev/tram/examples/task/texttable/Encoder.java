package dev.tram.examples.task.texttable;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.experiments.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A pretrained encoder that becomes a classifier.
 *
 * @param meanPooled whether the classifier reads the mean of all tokens, as sentence encoders are
 *     trained, instead of the first one
 * @param maxTokens where longer inputs are cut
 */
record Encoder(Path directory, boolean meanPooled, int maxTokens) {

    Encoder {
        // A pair of texts is more than its special tokens then.
        Arguments.atLeast("max-tokens", maxTokens, 6);
        config(directory);
    }

    private static EncoderConfig config(Path directory) {
        try {
            if (Checkpoint.open(directory).config() instanceof EncoderConfig config) {
                return config;
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "--checkpoint must be a Hugging Face directory, received: " + directory, e);
        }
        throw Arguments.rejected("--checkpoint", "an encoder (bert, roberta)", directory);
    }

    int padId() {
        return config(directory).padTokenId();
    }

    /** Returns the encoder with a new head on it. */
    Checkpoint checkpoint(List<String> labels) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(directory);
        return meanPooled ? checkpoint.withMeanPooling(labels) : checkpoint.withNewHead(labels);
    }

    /** Writes a classifier with its tokenizer, which cuts where this one does. */
    void save(TransformerModel model, List<String> labels, Path target) throws IOException {
        checkpoint(labels).save(model, target);
        Path file = target.resolve("tokenizer_config.json");
        ObjectNode settings =
                Files.exists(file)
                        ? (ObjectNode) JsonFile.read(file)
                        : Json.MAPPER.createObjectNode();
        long limit = settings.path("model_max_length").asLong(maxTokens);
        Json.write(file, settings.put("model_max_length", Math.min(limit, maxTokens)));
    }
}
