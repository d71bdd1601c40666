package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;

/**
 * A token that is found in a text before the model sees the rest.
 *
 * @param content its text
 * @param id its id
 * @param singleWord whether it is found as a word of its own alone
 * @param leftStrip whether it takes the whitespace before it
 * @param rightStrip whether it takes the whitespace behind it
 * @param normalized whether it is found in the normalized text
 * @param special whether decoding leaves it out
 */
record AddedToken(
        String content,
        int id,
        boolean singleWord,
        boolean leftStrip,
        boolean rightStrip,
        boolean normalized,
        boolean special) {

    /** Returns a token as the older files have it, by its text alone. */
    static AddedToken of(String content, int id, boolean special) {
        boolean isRobertasMask = special && content.equals("<mask>");
        return new AddedToken(content, id, false, isRobertasMask, false, !special, special);
    }

    /** Returns the token with the flags of a description; a mere text has none. */
    AddedToken described(JsonNode description) {
        return description.isObject()
                ? new AddedToken(
                        content,
                        id,
                        description.path("single_word").asBoolean(singleWord),
                        description.path("lstrip").asBoolean(),
                        description.path("rstrip").asBoolean(rightStrip),
                        description.path("normalized").asBoolean(normalized),
                        description.path("special").asBoolean(special))
                : this;
    }

    /** Appends the token as {@code tokenizer.json} has it. */
    void appendTo(ArrayNode tokens) {
        tokens.addObject()
                .put("id", id)
                .put("content", content)
                .put("single_word", singleWord)
                .put("lstrip", leftStrip)
                .put("rstrip", rightStrip)
                .put("normalized", normalized)
                .put("special", special);
    }
}
