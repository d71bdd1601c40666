package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The tokens that a directory's small files add to those of {@code tokenizer.json}. */
final class AddedTokens {

    private final TokenizerDirectory directory;
    private final boolean usual;
    private final Map<String, Integer> ids;
    private final Map<String, AddedToken> tokens = new LinkedHashMap<>();

    /**
     * Collects the tokens beside those of a {@code tokenizer.json}.
     *
     * @param directory the small files
     * @param stored the ids of the tokens of {@code tokenizer.json}
     * @throws IllegalArgumentException if a token has no id, or two
     */
    AddedTokens(TokenizerDirectory directory, Map<String, Integer> stored) {
        this(directory, stored, Map.of(), false);
    }

    /**
     * Collects the tokens where there is no {@code tokenizer.json}.
     *
     * @param directory the small files
     * @param vocabulary the ids of the vocabulary
     * @param older the ids of {@code added_tokens.json}
     * @throws IllegalArgumentException if a token has no id, or two
     */
    AddedTokens(
            TokenizerDirectory directory,
            Map<String, Integer> vocabulary,
            Map<String, Integer> older) {
        this(directory, vocabulary, older, true);
    }

    private AddedTokens(
            TokenizerDirectory directory,
            Map<String, Integer> vocabulary,
            Map<String, Integer> older,
            boolean usual) {
        this.directory = directory;
        this.usual = usual;
        ids = new LinkedHashMap<>(vocabulary);
        older.forEach((content, id) -> tokens.put(content, AddedToken.of(content, id, false)));
        ids.putAll(older);
        Map<Integer, JsonNode> described = directory.addedTokens();
        described.forEach((id, token) -> requireId(TokenizerDirectory.content(token), id));
        for (SpecialToken token : SpecialToken.values()) {
            special(token).ifPresent(found -> tokens.put(found.content(), found));
        }
        for (JsonNode token : directory.additionalSpecialTokens()) {
            String content = TokenizerDirectory.content(token);
            if (!ids.containsKey(content)) {
                throw Arguments.rejected(
                        "additional_special_tokens of " + directory, "tokens with an id", content);
            }
            tokens.put(content, AddedToken.of(content, ids.get(content), true).described(token));
        }
        described.forEach(
                (id, token) -> {
                    String content = TokenizerDirectory.content(token);
                    tokens.put(content, AddedToken.of(content, id, false).described(token));
                });
    }

    private void requireId(String content, int id) {
        Integer other = ids.putIfAbsent(content, id);
        if (other != null && other != id) {
            throw Arguments.rejected(
                    "id of " + content + " in added_tokens_decoder of " + directory,
                    "" + other,
                    id);
        }
    }

    /** Returns a special token that a file names or that is usual, if it has an id. */
    Optional<AddedToken> special(SpecialToken token) {
        List<String> names = usual ? token.usual() : List.of();
        Optional<String> content =
                Stream.concat(directory.content(token).stream(), names.stream())
                        .filter(ids::containsKey)
                        .findFirst();
        return content.map(text -> AddedToken.of(text, ids.get(text), true))
                .map(found -> directory.description(token).map(found::described).orElse(found));
    }

    /** Adds the tokens that a tree lacks, in the order of their ids. */
    void addTo(ObjectNode tree) {
        ArrayNode present =
                tree.get("added_tokens") instanceof ArrayNode stored
                        ? stored
                        : tree.putArray("added_tokens");
        present.forEach(token -> tokens.remove(token.path("content").asText()));
        tokens.values().stream()
                .sorted(Comparator.comparingInt(AddedToken::id))
                .forEach(token -> token.appendTo(present));
    }
}
