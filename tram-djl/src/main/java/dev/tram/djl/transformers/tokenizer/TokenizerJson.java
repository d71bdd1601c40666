package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/**
 * A {@code tokenizer.json} in the making, as the Hugging Face tokenizers library reads it. The
 * resources hold what is the same for every vocabulary of a kind, and equal what {@code
 * transformers/convert_slow_tokenizer.py} writes.
 */
final class TokenizerJson {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ObjectNode root;
    private final ObjectNode model;

    private TokenizerJson(String resource) {
        try (InputStream in = TokenizerJson.class.getResourceAsStream(resource)) {
            root = (ObjectNode) MAPPER.readTree(in);
            model = (ObjectNode) root.get("model");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A token that is found in a text before the model sees the rest.
     *
     * @param content its text
     * @param id its id
     * @param leftStrip whether it takes the whitespace before it
     * @param special whether decoding leaves it out
     */
    record AddedToken(String content, int id, boolean leftStrip, boolean special) {}

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
     * @param tokens the tokens in the order of their ids
     * @param lowerCase whether the model knows lower case only
     */
    static TokenizerJson wordPiece(List<String> tokens, boolean lowerCase) {
        TokenizerJson json = new TokenizerJson("word-piece.json");
        ObjectNode ids = json.model.putObject("vocab");
        for (int id = 0; id < tokens.size(); ++id) {
            ids.put(tokens.get(id), id);
        }
        ((ObjectNode) json.root.get("normalizer")).put("lowercase", lowerCase);
        return json;
    }

    /**
     * The most probable pieces, as XLM-RoBERTa has them.
     *
     * @param pieces the pieces in the order of their ids, the unknown one at 3
     * @param normalization SentencePiece's compiled character map in base 64; empty for none
     */
    static TokenizerJson unigram(List<SentencePieceModel.Piece> pieces, String normalization) {
        TokenizerJson json = new TokenizerJson("unigram.json");
        ArrayNode entries = json.model.putArray("vocab");
        for (SentencePieceModel.Piece piece : pieces) {
            entries.addArray().add(piece.text()).add(piece.score());
        }
        if (!normalization.isEmpty()) {
            json.root
                    .putObject("normalizer")
                    .put("type", "Precompiled")
                    .put("precompiled_charsmap", normalization);
        }
        return json;
    }

    /** Puts a space before a text's first word, so that it is encoded like the others. */
    TokenizerJson withPrefixSpace(boolean addPrefixSpace) {
        ((ObjectNode) root.get("pre_tokenizer")).put("add_prefix_space", addPrefixSpace);
        return this;
    }

    /** Adds tokens that are found before anything else. */
    TokenizerJson withAddedTokens(List<AddedToken> tokens) {
        ArrayNode added = (ArrayNode) root.get("added_tokens");
        for (AddedToken token : tokens) {
            added.addObject()
                    .put("id", token.id())
                    .put("content", token.content())
                    .put("single_word", false)
                    .put("lstrip", token.leftStrip())
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", token.special());
        }
        return this;
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

    /** Returns the file's tree. */
    ObjectNode tree() {
        return root;
    }
}
