package dev.tram.djl.transformers.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.PairList;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.OptionalArtifact;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToLongBiFunction;
import java.util.stream.Stream;

/**
 * The tokenizer of a checkpoint directory: {@code tokenizer.json}, or what converts to it exactly
 * ({@code vocab.json} with {@code merges.txt}, {@code vocab.txt}). {@code tokenizer_config.json}
 * and {@code special_tokens_map.json} are obeyed (docs/models.md has a table). It needs no network.
 * Where inputs are cut is set here alone; rows are filled on the right. Safe for concurrent use.
 */
public final class TextTokenizer implements AutoCloseable {

    private final HuggingFaceTokenizer tokenizer;
    private final Map<String, Integer> ids;
    private final Map<SpecialToken, Integer> special;
    private final boolean cleansUp;

    private TextTokenizer(
            HuggingFaceTokenizer tokenizer,
            Map<String, Integer> ids,
            Map<SpecialToken, Integer> special,
            boolean cleansUp) {
        this.tokenizer = tokenizer;
        this.ids = ids;
        this.special = special;
        this.cleansUp = cleansUp;
    }

    /**
     * Returns what determines a tokenizer's ids.
     *
     * @param directory a checkpoint directory
     * @return the contents of its files that describe a tokenizer
     * @throws IOException if one cannot be read
     */
    public static List<byte[]> identity(Path directory) throws IOException {
        return TokenizerDirectory.contents(directory);
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Encodes a text without special tokens, as part of a stream of texts.
     *
     * @param text the text
     * @return the token ids
     */
    public long[] encode(String text) {
        return tokenizer.encode(text, false, false).getIds();
    }

    /**
     * Encodes texts with special tokens.
     *
     * @param manager the owner of the result
     * @param texts the texts, at least one
     * @return the batch
     */
    public TokenBatch encode(NDManager manager, List<String> texts) {
        return pad(manager, encodeAll(texts));
    }

    /**
     * Encodes pairs of texts with special tokens.
     *
     * @param manager the owner of the result
     * @param texts the first texts, at least one
     * @param pairs the second texts, as many
     * @return the batch
     * @throws IllegalArgumentException if there are not as many second texts as first ones
     */
    public TokenBatch encode(NDManager manager, List<String> texts, List<String> pairs) {
        return pad(manager, encodeAll(texts, pairs));
    }

    /**
     * Encodes texts with special tokens, to be made batches of later.
     *
     * @param texts the texts
     * @return each text's tokens
     */
    public List<EncodedText> encodeAll(List<String> texts) {
        return encoded(tokenizer.batchEncode(texts, true, false));
    }

    /**
     * Encodes texts without special tokens, to be made batches of later.
     *
     * @param texts the texts
     * @return each text's tokens
     */
    public List<EncodedText> encodePlain(List<String> texts) {
        return encoded(tokenizer.batchEncode(texts, false, false));
    }

    /**
     * Encodes pairs of texts with special tokens, to be made batches of later.
     *
     * @param texts the first texts
     * @param pairs the second texts, as many
     * @return each pair's tokens
     * @throws IllegalArgumentException if there are not as many second texts as first ones
     */
    public List<EncodedText> encodeAll(List<String> texts, List<String> pairs) {
        if (texts.size() != pairs.size()) {
            throw Arguments.rejected("pairs", "as many as texts, " + texts.size(), pairs.size());
        }
        PairList<String, String> both = new PairList<>(texts, pairs);
        return encoded(tokenizer.batchEncode(both, true, false));
    }

    private static List<EncodedText> encoded(Encoding[] encodings) {
        return Stream.of(encodings).map(EncodedText::new).toList();
    }

    /**
     * Makes a batch of encoded texts, padded on the right to the longest.
     *
     * @param manager the owner of the result
     * @param texts the texts, at least one
     * @return the batch
     */
    public TokenBatch pad(NDManager manager, List<EncodedText> texts) {
        int length = texts.stream().mapToInt(EncodedText::length).max().orElse(0);
        return new TokenBatch(
                table(manager, texts, length, EncodedText::id, padId()),
                table(manager, texts, length, (text, token) -> 1, 0),
                table(manager, texts, length, EncodedText::type, 0));
    }

    private static NDArray table(
            NDManager manager,
            List<EncodedText> texts,
            int length,
            ToLongBiFunction<EncodedText, Integer> column,
            long filling) {
        long[] values = new long[texts.size() * length];
        Arrays.fill(values, filling);
        for (int row = 0; row < texts.size(); row++) {
            for (int token = 0; token < texts.get(row).length(); token++) {
                values[row * length + token] = column.applyAsLong(texts.get(row), token);
            }
        }
        return manager.create(values, new Shape(texts.size(), length));
    }

    /**
     * Decodes token ids, leaving out special tokens and, where {@code clean_up_tokenization_spaces}
     * says so, the spaces before punctuation.
     *
     * @param tokens the token ids
     * @return the text
     */
    public String decode(long[] tokens) {
        String text = tokenizer.decode(tokens, true);
        return cleansUp ? cleanedUp(text) : text;
    }

    /** As {@code clean_up_tokenization} of Hugging Face's transformers, in its order. */
    private static String cleanedUp(String text) {
        return text.replace(" .", ".")
                .replace(" ?", "?")
                .replace(" !", "!")
                .replace(" ,", ",")
                .replace(" ' ", "'")
                .replace(" n't", "n't")
                .replace(" 'm", "'m")
                .replace(" 's", "'s")
                .replace(" 've", "'ve")
                .replace(" 're", "'re");
    }

    /**
     * Returns the size of the table of embeddings that the ids need.
     *
     * @return the largest id, plus 1
     */
    public int vocabularySize() {
        return 1 + ids.values().stream().mapToInt(id -> id).max().orElse(-1);
    }

    /**
     * Returns a token's id.
     *
     * @param token the token as the vocabulary writes it
     * @return the id, if the vocabulary has the token
     */
    public OptionalLong id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalLong.empty() : OptionalLong.of(id);
    }

    /**
     * Returns a special token's id.
     *
     * @param token what the token is for
     * @return the id, if the tokenizer has such a token
     */
    public OptionalLong id(SpecialToken token) {
        Integer id = special.get(token);
        return id == null ? OptionalLong.empty() : OptionalLong.of(id);
    }

    /**
     * Returns the id that fills short rows: the padding's, or where there is none the end's, or 0.
     *
     * @return the id
     */
    public long padId() {
        return special.getOrDefault(SpecialToken.PAD, special.getOrDefault(SpecialToken.END, 0));
    }

    /** Frees the native tokenizer. */
    @Override
    public void close() {
        tokenizer.close();
    }

    /** Builds a {@link TextTokenizer}. */
    public static final class Builder {

        private Path directory;
        private int maxLength = Integer.MAX_VALUE;
        private boolean modelLimit;

        Builder() {}

        /**
         * Sets the checkpoint's directory.
         *
         * @param directory the directory
         * @return this builder
         */
        public Builder setDirectory(Path directory) {
            this.directory = directory;
            return this;
        }

        /**
         * Cuts longer inputs, pairs where they are longer.
         *
         * @param maxLength the longest input in tokens, special ones included; no limit by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder optMaxLength(int maxLength) {
            this.maxLength = Arguments.atLeast("maxLength", maxLength, 1);
            return this;
        }

        /**
         * Cuts what is longer than the model takes, according to its configuration.
         *
         * @return this builder
         */
        public Builder optModelLimit() {
            modelLimit = true;
            return this;
        }

        /**
         * Loads the tokenizer.
         *
         * @return the tokenizer
         * @throws IllegalArgumentException if the directory has no tokenizer that can be loaded
         * @throws IllegalStateException if {@code ai.djl.huggingface:tokenizers} is not on the
         *     class path
         * @throws IOException if a file cannot be read
         */
        public TextTokenizer build() throws IOException {
            OptionalArtifact.TOKENIZERS.require("a tokenizer");
            OptionalArtifact.JACKSON.require("a tokenizer");
            TokenizerDirectory files = new TokenizerDirectory(directory);
            JsonNode json = new TokenizerConversion(files).run();
            new TokenizerCheck(json, files.toString()).run();
            Map<String, Integer> ids = TokenizerJson.ids(json);
            Map<SpecialToken, Integer> special = special(files, ids);
            int limit =
                    modelLimit ? Math.min(maxLength, files.limit().orElse(maxLength)) : maxLength;
            HuggingFaceTokenizer tokenizer = load(json, limit, files);
            try {
                checkAddedTokens(tokenizer, json, files);
            } catch (RuntimeException e) {
                tokenizer.close();
                throw e;
            }
            return new TextTokenizer(tokenizer, ids, special, files.settings().cleansUp());
        }

        /**
         * The library numbers added tokens on from the vocabulary's end, whatever the file says.
         */
        private static void checkAddedTokens(
                HuggingFaceTokenizer tokenizer, JsonNode json, TokenizerDirectory files) {
            for (JsonNode added : json.path("added_tokens")) {
                String content = added.path("content").asText();
                long id = added.path("id").asLong();
                long[] actual = tokenizer.encode(content, false, false).getIds();
                if (actual.length == 1 && actual[0] != id) {
                    String name = "id of added token " + content + " of " + files;
                    throw Arguments.rejected(name, String.valueOf(actual[0]), id);
                }
            }
        }

        /** What the library finds wrong comes from its native code as a bare exception. */
        private static HuggingFaceTokenizer load(JsonNode json, int limit, TokenizerDirectory files)
                throws IOException {
            Map<String, String> options = new HashMap<>();
            options.put("padding", "false");
            options.put("truncation", String.valueOf(limit < Integer.MAX_VALUE));
            options.put("maxLength", String.valueOf(limit));
            options.put("modelMaxLength", String.valueOf(limit));
            byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
            try {
                return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), options);
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(
                        "the tokenizer of " + files + " cannot be used: " + e.getMessage(), e);
            }
        }

        private static Map<SpecialToken, Integer> special(
                TokenizerDirectory files, Map<String, Integer> ids) {
            Map<SpecialToken, Integer> special = new EnumMap<>(SpecialToken.class);
            for (SpecialToken token : SpecialToken.values()) {
                Stream.concat(files.content(token).stream(), token.usual().stream())
                        .filter(ids::containsKey)
                        .findFirst()
                        .ifPresent(content -> special.put(token, ids.get(content)));
            }
            return special;
        }
    }
}
