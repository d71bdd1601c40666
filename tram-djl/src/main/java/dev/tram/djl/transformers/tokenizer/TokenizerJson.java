package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.internal.files.JsonFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@code tokenizer.json} in the making, as the Hugging Face tokenizers library reads it. The
 * resources hold what is the same for every vocabulary of a kind, and equal what {@code
 * transformers/convert_slow_tokenizer.py} writes.
 */
final class TokenizerJson {

    private final ObjectNode root;
    private final ObjectNode model;

    private TokenizerJson(String resource) {
        try (InputStream in = TokenizerJson.class.getResourceAsStream(resource)) {
            root = (ObjectNode) JsonFile.MAPPER.readTree(in);
            model = (ObjectNode) root.get("model");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Byte-pair encoding over {@link ByteAlphabet}, as GPT-2 and RoBERTa have it.
     *
     * @param vocabulary the id of each token
     * @param merges the pairs to merge, each {@code "left right"}, the first ones first
     */
    static TokenizerJson byteLevel(Map<String, Integer> vocabulary, List<String> merges) {
        TokenizerJson json = new TokenizerJson("byte-level.json");
        ObjectNode ids = json.model.putObject("vocab");
        vocabulary.forEach(ids::put);
        ArrayNode pairs = json.model.putArray("merges");
        merges.forEach(pairs::add);
        return json;
    }

    /**
     * Longest-match-first subwords, as BERT has them.
     *
     * @param vocabulary the id of each token
     * @param unknown the token that stands for what the vocabulary lacks
     */
    static TokenizerJson wordPiece(Map<String, Integer> vocabulary, String unknown) {
        TokenizerJson json = new TokenizerJson("word-piece.json");
        json.model.put("unk_token", unknown);
        ObjectNode ids = json.model.putObject("vocab");
        vocabulary.forEach(ids::put);
        return json;
    }

    /**
     * Frames an input.
     *
     * @param type {@code BertProcessing}: {@code [CLS] A [SEP] B [SEP]} with token types 0 and 1;
     *     or {@code RobertaProcessing}: {@code <s> A </s></s> B </s>}
     */
    TokenizerJson withFrame(String type, AddedToken first, AddedToken last) {
        ObjectNode processor = root.putObject("post_processor").put("type", type);
        processor.putArray("sep").add(last.content()).add(last.id());
        processor.putArray("cls").add(first.content()).add(first.id());
        if (type.equals("RobertaProcessing")) {
            processor.put("trim_offsets", true).put("add_prefix_space", false);
        }
        return this;
    }

    /** Returns the ids of a file's tokens, added ones included. */
    static Map<String, Integer> ids(JsonNode tree) {
        Map<String, Integer> ids = new HashMap<>();
        JsonNode vocabulary = tree.path("model").path("vocab");
        vocabulary.properties().forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt()));
        if (vocabulary.isArray()) {
            for (int id = 0; id < vocabulary.size(); id++) {
                ids.put(vocabulary.get(id).path(0).asText(), id);
            }
        }
        for (JsonNode added : tree.path("added_tokens")) {
            ids.put(added.path("content").asText(), added.path("id").asInt());
        }
        return ids;
    }

    /** Returns the file's tree. */
    ObjectNode tree() {
        return root;
    }
}
