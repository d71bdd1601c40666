package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.StreamSupport;

/**
 * Refuses a {@code model} of {@code tokenizer.json} that aborts the native library: where a text
 * has something that the vocabulary lacks, or where the vocabulary contradicts itself.
 */
final class ModelCheck {

    /** The library recurses once for each character of a piece. */
    private static final int LONGEST_PIECE = 1_000;

    /** The search for subwords takes time cubic in a word's length. */
    private static final int LONGEST_WORD = 200;

    private final JsonNode tree;
    private final JsonNode model;
    private final String source;

    ModelCheck(JsonNode tree, String source) {
        this.tree = tree;
        this.model = tree.path("model");
        this.source = source;
    }

    void run() {
        requireIds();
        switch (type()) {
            case "BPE" -> bytePairs();
            case "WordPiece" -> wordPiece();
            case "WordLevel" -> requireUnknown();
            case "Unigram" -> unigram();
            default -> {
                // the library knows no other and says so
            }
        }
    }

    private IllegalArgumentException rejected(String key, String expected, Object received) {
        return TokenizerCheck.rejected(key + " in model", source, expected, received);
    }

    /** Old files do not name the type; the library tries them in this order. */
    private String type() {
        if (model.has("type")) {
            return model.path("type").asText();
        }
        if (model.has("merges")) {
            return "BPE";
        }
        if (model.path("vocab").isArray()) {
            return "Unigram";
        }
        return model.has("max_input_chars_per_word") ? "WordPiece" : "WordLevel";
    }

    private void requireIds() {
        if (!model.path("vocab").isObject()) {
            return;
        }
        for (JsonNode id : model.path("vocab")) {
            if (!TokenizerCheck.isId(id)) {
                throw rejected("an id of vocab", TokenizerCheck.ids(), id);
            }
        }
    }

    private boolean has(String token) {
        return model.path("vocab").has(token);
    }

    private void requireUnknown() {
        JsonNode unknown = model.path("unk_token");
        if (unknown.isTextual() && model.path("vocab").isObject() && !has(unknown.asText())) {
            throw rejected("unk_token", "a token of vocab", unknown);
        }
    }

    private void wordPiece() {
        requireUnknown();
        JsonNode longest = model.path("max_input_chars_per_word");
        if (longest.isNumber() && longest.asDouble() > LONGEST_WORD) {
            throw rejected("max_input_chars_per_word", "at most " + LONGEST_WORD, longest);
        }
    }

    private void bytePairs() {
        if (!model.path("unk_token").asText().isEmpty() && !coversEveryByte()) {
            requireUnknown();
        }
        String prefix = model.path("continuing_subword_prefix").asText("");
        if (model.path("continuing_subword_prefix").isNull() || prefix.isEmpty()) {
            return;
        }
        for (JsonNode merge : model.path("merges")) {
            String right =
                    merge.isArray()
                            ? merge.path(1).asText()
                            : merge.asText().substring(merge.asText().indexOf(' ') + 1);
            if (!right.startsWith(prefix) || !prefix.chars().allMatch(c -> c < Byte.MAX_VALUE)) {
                throw rejected(
                        "continuing_subword_prefix",
                        "ASCII that begins the right part of each merge, such as " + merge,
                        prefix);
            }
        }
    }

    /** Whether no text has anything that the vocabulary lacks. */
    private boolean coversEveryByte() {
        JsonNode step = tree.path("pre_tokenizer");
        boolean ofBytes =
                step.path("type").asText().equals("ByteLevel")
                        || StreamSupport.stream(step.path("pretokenizers").spliterator(), false)
                                .anyMatch(part -> part.path("type").asText().equals("ByteLevel"));
        return ofBytes
                && ByteAlphabet.all().chars().allMatch(c -> has(Character.toString((char) c)));
    }

    private void unigram() {
        JsonNode vocabulary = model.path("vocab");
        JsonNode unknown = model.path("unk_id");
        if (vocabulary.isArray()
                && !(unknown.isInt()
                        && unknown.intValue() >= 0
                        && unknown.intValue() < vocabulary.size())) {
            throw rejected("unk_id", "the number of a piece of vocab", unknown);
        }
        for (JsonNode piece : vocabulary) {
            if (piece.path(0).asText().length() > LONGEST_PIECE) {
                throw rejected(
                        "a piece of vocab",
                        "at most " + LONGEST_PIECE + " characters long",
                        piece.path(0).asText().length());
            }
        }
    }
}
