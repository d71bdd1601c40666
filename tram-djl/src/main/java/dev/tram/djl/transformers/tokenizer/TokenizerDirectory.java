package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.internal.files.Limit;
import dev.tram.djl.internal.files.RegularFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of a checkpoint directory that describe its tokenizer. */
final class TokenizerDirectory {

    private static final String CONFIG = "tokenizer_config.json";
    private static final List<String> FURTHER =
            List.of("additional_special_tokens", "extra_special_tokens");
    private static final int LARGEST_LIMIT = 1 << 24;

    private final Path directory;
    private final JsonNode tokenizerConfig;
    private final JsonNode specialTokens;
    private final JsonNode modelConfig;

    /** All files that can determine a tokenizer's ids. */
    private static final List<String> FILES =
            List.of(
                    "tokenizer.json",
                    CONFIG,
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "config.json",
                    "vocab.json",
                    "merges.txt",
                    "vocab.txt");

    /** Reads the small files of a directory, each of which may be missing. */
    TokenizerDirectory(Path directory) throws IOException {
        this.directory = directory;
        tokenizerConfig = read(CONFIG);
        specialTokens = read("special_tokens_map.json");
        modelConfig = read("config.json");
    }

    /** Returns a file's tree, or a missing node. */
    JsonNode read(String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.exists(file) ? JsonFile.read(file) : MissingNode.getInstance();
    }

    /** Whether a file is there. */
    boolean has(String name) {
        return Files.exists(directory.resolve(name));
    }

    /** Returns the path of a vocabulary, if it is there. */
    Optional<Path> file(String name) throws IOException {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        long size = Files.size(RegularFile.require(file));
        if (size > Limit.VOCABULARY.value()) {
            throw new IllegalArgumentException(
                    file + " has " + Limit.VOCABULARY.complaint(size, "bytes"));
        }
        return Optional.of(file);
    }

    /** Returns the contents of the files that determine a tokenizer's ids. */
    static List<byte[]> contents(Path directory) throws IOException {
        List<byte[]> contents = new ArrayList<>();
        for (String name : FILES) {
            Path file = directory.resolve(name);
            if (Files.exists(RegularFile.require(file))) {
                contents.add(Files.readAllBytes(file));
            }
        }
        return contents;
    }

    /** Returns the settings that {@code tokenizer_config.json} makes. */
    TokenizerSettings settings() {
        return new TokenizerSettings(tokenizerConfig, directory.resolve(CONFIG));
    }

    /** Returns the model family, such as {@code gpt2}, or an empty string. */
    String modelType() {
        return modelConfig.path("model_type").asText("");
    }

    /** Returns a special token's description: its text, or an object with {@code content}. */
    Optional<JsonNode> description(SpecialToken token) {
        return Stream.of(specialTokens, tokenizerConfig)
                .map(file -> file.path(token.key()))
                .filter(node -> node.isTextual() || node.path("content").isTextual())
                .findFirst();
    }

    /** Returns a special token's text where a file names one. */
    Optional<String> content(SpecialToken token) {
        return description(token).map(TokenizerDirectory::content);
    }

    /** Returns the text of a description. */
    static String content(JsonNode description) {
        return description.isTextual()
                ? description.asText()
                : description.path("content").asText();
    }

    /** Returns the descriptions of further special tokens. */
    List<JsonNode> additionalSpecialTokens() {
        Map<String, JsonNode> tokens = new LinkedHashMap<>();
        for (JsonNode file : List.of(specialTokens, tokenizerConfig)) {
            for (String key : FURTHER) {
                file.path(key).forEach(token -> tokens.putIfAbsent(content(token), token));
            }
        }
        return List.copyOf(tokens.values());
    }

    /** Returns the descriptions of added tokens by their ids. */
    Map<Integer, JsonNode> addedTokens() {
        Map<Integer, JsonNode> tokens = new TreeMap<>();
        tokenizerConfig
                .path("added_tokens_decoder")
                .properties()
                .forEach(token -> tokens.put(id(token.getKey()), token.getValue()));
        return tokens;
    }

    private int id(String key) {
        if (key.matches("\\d{1,9}")) {
            return Integer.parseInt(key);
        }
        throw Arguments.rejected(
                "a key of added_tokens_decoder in " + directory.resolve(CONFIG), "an id", key);
    }

    /**
     * Returns the longest sequence that the model takes, special tokens included. RoBERTa's table
     * of positions starts behind the padding's id.
     */
    OptionalInt limit() {
        int limit = LARGEST_LIMIT;
        double older = tokenizerConfig.path("max_len").asDouble(LARGEST_LIMIT);
        double ofTokenizer = tokenizerConfig.path("model_max_length").asDouble(older);
        limit = (int) Math.min(limit, ofTokenizer);
        int positions =
                modelConfig
                        .path("max_position_embeddings")
                        .asInt(modelConfig.path("n_positions").asInt(LARGEST_LIMIT));
        int unused =
                modelType().matches(".*roberta|camembert")
                        ? 1 + modelConfig.path("pad_token_id").asInt(1)
                        : 0;
        limit = Math.min(limit, positions - unused);
        return limit < LARGEST_LIMIT - unused ? OptionalInt.of(limit) : OptionalInt.empty();
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
