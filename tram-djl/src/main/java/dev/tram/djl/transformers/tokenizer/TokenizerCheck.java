package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.internal.Arguments;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Refuses by name what is known to end the process in the native library, which aborts instead of
 * reporting, and what would grow without bound there. What the library itself reports is left to
 * it.
 */
final class TokenizerCheck {

    private static final int MOST_STEPS = 100;
    private static final int MOST_ADDED = 20_000;
    private static final int MOST_IDS = 10_000_000;
    private static final int MOST_TYPES = 128;
    private static final int MOST_FRAME = 100;
    private static final int LONGEST_TEXT = 1_000;
    private static final double MOST_GROWTH = 64;

    /** Where a sequence of steps has them. */
    private static final Map<String, String> STEPS =
            Map.of(
                    "normalizer", "normalizers",
                    "pre_tokenizer", "pretokenizers",
                    "post_processor", "processors",
                    "decoder", "decoders");

    private final JsonNode tree;
    private final String source;

    /**
     * Prepares the check of a {@code tokenizer.json}.
     *
     * @param tree the file, as it is handed to the library
     * @param source where it comes from, for messages
     */
    TokenizerCheck(JsonNode tree, String source) {
        this.tree = tree;
        this.source = source;
    }

    /**
     * Checks the file.
     *
     * @throws IllegalArgumentException if something is refused; the message names the key
     */
    void run() {
        if (!tree.isObject()) {
            throw rejected("tokenizer.json", "an object", tree);
        }
        requireGrowth(growth("normalizer") * growth("pre_tokenizer"));
        requireGrowth(growth("decoder"));
        frames();
        addedTokens();
        new ModelCheck(tree, source).run();
    }

    private IllegalArgumentException rejected(String key, String expected, Object received) {
        return rejected(key, source, expected, received);
    }

    static IllegalArgumentException rejected(
            String key, String source, String expected, Object received) {
        return Arguments.rejected(key + " of the tokenizer of " + source, expected, received);
    }

    /** A token's id. */
    static boolean isId(JsonNode node) {
        return node.isInt() && node.intValue() >= 0 && node.intValue() < MOST_IDS;
    }

    static String ids() {
        return "an integer from 0 to " + (MOST_IDS - 1);
    }

    /** The steps of a section, those within sequences included. */
    private List<JsonNode> steps(String section) {
        List<JsonNode> steps = new ArrayList<>();
        collect(section, tree.path(section), steps);
        return steps;
    }

    private void collect(String section, JsonNode step, List<JsonNode> steps) {
        if (step.path("type").asText().equals("Sequence")) {
            step.path(STEPS.get(section)).forEach(part -> collect(section, part, steps));
        } else {
            steps.add(step);
        }
        if (steps.size() > MOST_STEPS) {
            throw rejected(section, "at most " + MOST_STEPS + " steps", "more");
        }
    }

    private void requireGrowth(double growth) {
        if (growth > MOST_GROWTH) {
            throw rejected(
                    "the replacements",
                    "such that a text grows at most " + (int) MOST_GROWTH + " times",
                    growth);
        }
    }

    /** How many times longer the steps of a section can make a text. */
    private double growth(String section) {
        double growth = 1;
        for (JsonNode step : steps(section)) {
            String type = step.path("type").asText();
            String name = type + " in " + section;
            growth *=
                    switch (type) {
                        case "Replace" -> replacement(name, step);
                        case "Precompiled" -> characterMap(step.path("precompiled_charsmap"));
                        case "ByteLevel" -> section.equals("decoder") ? 1 : 2;
                        default -> 1;
                    };
            switch (type) {
                case "Split" -> pattern(name, step.path("pattern"));
                case "Prepend" -> requireShort("prepend of " + name, step.path("prepend"));
                case "FixedLength" -> atLeastOne("length of " + name, step.path("length"));
                case "Strip" -> requireNoStop(name, step.path("stop"));
                default -> {}
            }
        }
        return growth;
    }

    private double replacement(String name, JsonNode step) {
        int content = requireShort("content of " + name, step.path("content"));
        int replaced = pattern(name, step.path("pattern"));
        if (replaced == 0 && name.endsWith("normalizer")) {
            throw rejected(
                    "pattern of " + name,
                    "one that matches at least a character",
                    step.path("pattern"));
        }
        return Math.max(1, (double) content / Math.max(1, replaced));
    }

    /** Checks a pattern and returns the fewest bytes that it matches; 1 for several characters. */
    private int pattern(String name, JsonNode pattern) {
        JsonNode regex = pattern.path("Regex");
        if (regex.isTextual()) {
            String key = "the regular expression of " + name + " of the tokenizer of " + source;
            return RegexCheck.check(key, regex.textValue()) == 0 ? 0 : 1;
        }
        return bytes(pattern.path("String"));
    }

    private static int bytes(JsonNode text) {
        return text.asText().getBytes(StandardCharsets.UTF_8).length;
    }

    private int requireShort(String name, JsonNode text) {
        int length = bytes(text);
        if (length > LONGEST_TEXT) {
            throw rejected(name, "at most " + LONGEST_TEXT + " bytes", length);
        }
        return length;
    }

    private void atLeastOne(String name, JsonNode number) {
        if (!number.isMissingNode() && number.asLong() < 1) {
            throw rejected(name, "at least 1", number);
        }
    }

    /** A token that ends before it does aborts the library. */
    private void requireNoStop(String name, JsonNode stop) {
        if (stop.asLong() != 0) {
            throw rejected("stop of " + name, "0", stop);
        }
    }

    private double characterMap(JsonNode text) {
        try {
            return CharacterMap.of(text.asText()).growth();
        } catch (IllegalArgumentException e) {
            throw rejected(
                    "precompiled_charsmap", "SentencePiece's in base 64: " + e.getMessage(), text);
        }
    }

    private void frames() {
        int frames = 0;
        for (JsonNode step : steps("post_processor")) {
            switch (step.path("type").asText()) {
                case "TemplateProcessing" -> {
                    frames++;
                    templates(step);
                }
                case "BertProcessing", "RobertaProcessing" -> {
                    frames++;
                    requireId("sep in post_processor", step.path("sep").path(1));
                    requireId("cls in post_processor", step.path("cls").path(1));
                }
                default -> {}
            }
        }
        if (frames > 1) {
            throw rejected("post_processor", "one that adds special tokens", frames);
        }
    }

    private void templates(JsonNode step) {
        for (String form : List.of("single", "pair")) {
            int length = 0;
            for (JsonNode piece : step.path(form)) {
                JsonNode id = piece.path("SpecialToken").path("id");
                JsonNode token = step.path("special_tokens").path(id.asText());
                if (id.isTextual() && token.isMissingNode()) {
                    throw rejected(form + " in post_processor", "of special_tokens", id);
                }
                token.path("ids").forEach(each -> requireId("special_tokens", each));
                length += Math.max(1, token.path("ids").size());
                piece.forEach(part -> requireType(form, part.path("type_id")));
            }
            if (length > MOST_FRAME) {
                throw rejected(
                        form + " in post_processor", "at most " + MOST_FRAME + " tokens", length);
            }
        }
    }

    private void requireType(String form, JsonNode type) {
        if (!type.isMissingNode()
                && !(type.isInt() && type.intValue() >= 0 && type.intValue() < MOST_TYPES)) {
            throw rejected(
                    "type_id of " + form + " in post_processor",
                    "an integer from 0 to " + (MOST_TYPES - 1),
                    type);
        }
    }

    private void requireId(String name, JsonNode id) {
        if (!id.isMissingNode() && !isId(id)) {
            throw rejected("an id of " + name, ids(), id);
        }
    }

    private void addedTokens() {
        JsonNode tokens = tree.path("added_tokens");
        if (tokens.size() > MOST_ADDED) {
            throw rejected("added_tokens", "at most " + MOST_ADDED, tokens.size());
        }
        for (JsonNode token : tokens) {
            requireShort("content of added_tokens", token.path("content"));
            requireId("added_tokens", token.path("id"));
        }
    }
}
