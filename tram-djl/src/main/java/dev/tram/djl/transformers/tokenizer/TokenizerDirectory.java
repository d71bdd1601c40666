package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tram.djl.internal.files.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** The files of a checkpoint directory that describe its tokenizer. */
final class TokenizerDirectory {

    private static final int LARGEST_LIMIT = 1 << 24;

    private final Path directory;
    private final JsonNode tokenizerConfig;
    private final JsonNode specialTokens;
    private final JsonNode modelConfig;

    /** All files that can determine a tokenizer's ids. */
    private static final List<String> FILES =
            List.of(
                    "tokenizer.json",
                    "tokenizer_config.json",
                    "special_tokens_map.json",
                    "vocab.json",
                    "merges.txt",
                    "vocab.txt",
                    "sentencepiece.bpe.model");

    /** Reads the small files of a directory, each of which may be missing. */
    TokenizerDirectory(Path directory) throws IOException {
        this.directory = directory;
        tokenizerConfig = read("tokenizer_config.json");
        specialTokens = read("special_tokens_map.json");
        modelConfig = read("config.json");
    }

    /** Returns a file's tree, or a missing node. */
    JsonNode read(String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.isRegularFile(file) ? JsonFile.read(file) : MissingNode.getInstance();
    }

    /** Returns a file's path, if it is there. */
    Optional<Path> file(String name) {
        return Optional.of(directory.resolve(name)).filter(Files::isRegularFile);
    }

    /** Returns the contents of the files that determine a tokenizer's ids. */
    static List<byte[]> contents(Path directory) throws IOException {
        List<byte[]> contents = new ArrayList<>();
        for (String name : FILES) {
            Path file = directory.resolve(name);
            if (Files.isRegularFile(file)) {
                contents.add(Files.readAllBytes(file));
            }
        }
        return contents;
    }

    /** Returns a setting of {@code tokenizer_config.json}. */
    boolean setting(String name, boolean otherwise) {
        return tokenizerConfig.path(name).asBoolean(otherwise);
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
        return description(token).map(n -> n.isTextual() ? n.asText() : n.path("content").asText());
    }

    /**
     * Returns the longest sequence that the model takes, special tokens included. RoBERTa's table
     * of positions starts behind the padding's id.
     */
    OptionalInt limit() {
        int limit = LARGEST_LIMIT;
        double ofTokenizer = tokenizerConfig.path("model_max_length").asDouble(LARGEST_LIMIT);
        limit = (int) Math.min(limit, ofTokenizer);
        int positions =
                modelConfig
                        .path("max_position_embeddings")
                        .asInt(modelConfig.path("n_positions").asInt(LARGEST_LIMIT));
        int unused =
                modelType().contains("roberta") ? 1 + modelConfig.path("pad_token_id").asInt(1) : 0;
        limit = Math.min(limit, positions - unused);
        return limit < LARGEST_LIMIT - unused ? OptionalInt.of(limit) : OptionalInt.empty();
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
