package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code tokenizer_config.json} says of ids, beside added tokens: each key that changes them
 * is obeyed, or refused by name.
 */
final class TokenizerSettings {

    /** The only value implemented of keys that change ids. */
    private static final Map<String, Boolean> IMPLEMENTED =
            Map.of(
                    "do_basic_tokenize", true,
                    "split_special_tokens", false,
                    "add_bos_token", false,
                    "add_eos_token", false,
                    "keep_accents", false,
                    "remove_space", true);

    /** Keys that must not hold anything. */
    private static final List<String> EMPTY = List.of("never_split", "sp_model_kwargs");

    private final JsonNode config;
    private final Path file;

    TokenizerSettings(JsonNode config, Path file) {
        this.config = config;
        this.file = file;
        for (String key : EMPTY) {
            if (!config.path(key).isEmpty()) {
                throw rejected(key, "empty, nothing else is implemented");
            }
        }
        if (!List.of("right", "left").contains(config.path("padding_side").asText("right"))) {
            throw rejected("padding_side", "left or right");
        }
    }

    private IllegalArgumentException rejected(String key, String expected) {
        return Arguments.rejected(key + " in " + file, expected, config.get(key));
    }

    private Optional<Boolean> flag(String key) {
        JsonNode value = config.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isBoolean()) {
            throw rejected(key, "true or false");
        }
        return Optional.of(value.booleanValue());
    }

    private boolean isFast() {
        return config.path("tokenizer_class").asText().equals("PreTrainedTokenizerFast");
    }

    /**
     * Refuses a class of tokenizers that does not convert to a kind of {@code tokenizer.json}, and
     * steps that the conversion does not write.
     *
     * @param classes what the names of the classes that do convert begin with
     */
    void requireConvertible(List<String> classes) {
        String name = config.path("tokenizer_class").asText();
        if (!name.isEmpty() && !isFast() && classes.stream().noneMatch(name::startsWith)) {
            throw rejected("tokenizer_class", "one of " + classes + ", or beside a tokenizer.json");
        }
        IMPLEMENTED.forEach(
                (key, value) -> {
                    if (!flag(key).orElse(value).equals(value)) {
                        throw rejected(key, value + ", or beside a tokenizer.json");
                    }
                });
    }

    /**
     * Makes a {@code tokenizer.json} obey. As in Hugging Face's transformers, a setting that is
     * made goes before the file's own, unless the class says that the file is all there is.
     */
    void apply(ObjectNode tree) {
        if (flag("split_special_tokens").orElse(false)) {
            throw rejected("split_special_tokens", "false, nothing else is implemented");
        }
        if (!isFast() && tree.path("normalizer") instanceof ObjectNode normalizer) {
            if (normalizer.path("type").asText().equals("BertNormalizer")) {
                put(normalizer, "lowercase", "do_lower_case");
                put(normalizer, "strip_accents", "strip_accents");
                put(normalizer, "handle_chinese_chars", "tokenize_chinese_chars");
            }
        }
        if (tree.path("pre_tokenizer") instanceof ObjectNode preTokenizer
                && preTokenizer.has("add_prefix_space")) {
            put(preTokenizer, "add_prefix_space", "add_prefix_space");
        }
        truncation(tree);
    }

    private void put(ObjectNode step, String key, String setting) {
        flag(setting).ifPresent(value -> step.put(key, value.booleanValue()));
    }

    /** Where the library cuts; the limit is set otherwise. */
    private void truncation(ObjectNode tree) {
        String usual = tree.path("truncation").path("direction").asText("Right");
        String side = config.path("truncation_side").asText(usual);
        boolean left = side.equalsIgnoreCase("left");
        if (!left && !side.equalsIgnoreCase("right")) {
            throw rejected("truncation_side", "left or right");
        }
        tree.putObject("truncation")
                .put("direction", left ? "Left" : "Right")
                .put("max_length", Integer.MAX_VALUE)
                .put("strategy", "LongestFirst")
                .put("stride", 0);
    }

    /** Whether decoding takes the spaces before punctuation out. */
    boolean cleansUp() {
        return flag("clean_up_tokenization_spaces").orElse(false);
    }
}
