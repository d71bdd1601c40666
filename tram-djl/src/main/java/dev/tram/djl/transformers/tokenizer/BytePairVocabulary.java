package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.internal.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A byte-level vocabulary.
 *
 * @param tokens the tokens in the order of their ids: the special ones, the 256 bytes in GPT-2's
 *     alphabet, the merged ones
 * @param merges the pairs to merge, each {@code "left right"}, the first ones first
 * @param framing the special tokens
 */
public record BytePairVocabulary(List<String> tokens, List<String> merges, Framing framing) {

    /** Creates a vocabulary. */
    public BytePairVocabulary {
        tokens = List.copyOf(tokens);
        merges = List.copyOf(merges);
    }

    /**
     * Writes {@code tokenizer.json} and {@code tokenizer_config.json}, which Hugging Face's
     * libraries and {@link TextTokenizer} load.
     *
     * @param directory the directory, created if need be
     * @throws IOException if it cannot be written
     */
    public void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        write(tokenizer(), directory.resolve("tokenizer.json"));
        write(configuration(), directory.resolve("tokenizer_config.json"));
    }

    private ObjectNode tokenizer() {
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (String token : tokens) {
            ids.put(token, ids.size());
        }
        List<AddedToken> special = new ArrayList<>();
        for (String token : framing.tokens()) {
            special.add(AddedToken.of(token, ids.get(token), true));
        }
        TokenizerJson json = TokenizerJson.byteLevel(ids, merges).withAddedTokens(special);
        return framing == Framing.ROBERTA
                ? json.withFrame("RobertaProcessing", special.get(0), special.get(2)).tree()
                : json.tree();
    }

    private ObjectNode configuration() {
        ObjectNode configuration = JsonNodeFactory.instance.objectNode();
        for (SpecialToken role : SpecialToken.values()) {
            if (framing.roles().containsKey(role)) {
                configuration.put(role.key(), framing.roles().get(role));
            }
        }
        return configuration.put("tokenizer_class", "PreTrainedTokenizerFast");
    }

    private static void write(ObjectNode tree, Path file) throws IOException {
        AtomicFile.write(file, tree.toPrettyString());
    }
}
