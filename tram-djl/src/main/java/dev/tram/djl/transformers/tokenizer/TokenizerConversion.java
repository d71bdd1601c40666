package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The {@code tokenizer.json} of a checkpoint directory, converted from older files if need be. */
final class TokenizerConversion {

    private static final List<SpecialToken> FRAME =
            List.of(SpecialToken.CLASSIFIER, SpecialToken.SEPARATOR);

    /** What SentencePiece's models are called. */
    private static final List<String> PIECES =
            List.of("sentencepiece.bpe.model", "spiece.model", "tokenizer.model");

    private final TokenizerDirectory directory;

    /** Prepares to convert a directory's files. */
    TokenizerConversion(TokenizerDirectory directory) {
        this.directory = directory;
    }

    /**
     * Returns the tree of {@code tokenizer.json}.
     *
     * @throws IllegalArgumentException if the directory has none and nothing that converts exactly
     * @throws IOException if a file cannot be read
     */
    JsonNode run() throws IOException {
        if (directory.has("tokenizer.json")) {
            JsonNode stored = directory.read("tokenizer.json");
            if (stored instanceof ObjectNode tree) {
                new AddedTokens(directory, TokenizerJson.ids(tree)).addTo(tree);
                directory.settings().apply(tree);
            }
            return stored;
        }
        Optional<Path> merges = directory.file("merges.txt");
        Optional<Path> words = directory.file("vocab.txt");
        if (merges.isPresent() && directory.has("vocab.json")) {
            return byteLevel(merges.get()).tree();
        }
        if (words.isPresent()) {
            return wordPiece(words.get()).tree();
        }
        throw new IllegalArgumentException(
                "tokenizer directory must hold tokenizer.json, vocab.json and merges.txt, or"
                        + " vocab.txt, received: "
                        + directory
                        + (PIECES.stream().anyMatch(directory::has)
                                ? ", with a SentencePiece model alone"
                                : "")
                        + "; Python writes tokenizer.json: python -c \"from transformers import"
                        + " AutoTokenizer as T; T.from_pretrained('"
                        + directory
                        + "').save_pretrained('"
                        + directory
                        + "')\"");
    }

    private TokenizerJson byteLevel(Path merges) throws IOException {
        Map<String, Integer> vocabulary = vocabulary("vocab.json");
        directory.settings().requireConvertible(List.of("GPT2Tokenizer", "RobertaTokenizer"));
        TokenizerJson json = TokenizerJson.byteLevel(vocabulary, mergeRules(merges));
        return finish(json, vocabulary, "RobertaProcessing");
    }

    private Map<String, Integer> vocabulary(String name) throws IOException {
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : directory.read(name).properties()) {
            JsonNode id = entry.getValue();
            if (!id.isInt() || id.intValue() < 0) {
                throw Arguments.rejected(
                        "id of " + entry.getKey() + " in " + name + " of " + directory,
                        "an integer >= 0",
                        id);
            }
            ids.put(entry.getKey(), id.intValue());
        }
        return ids;
    }

    private static List<String> lines(Path file) throws IOException {
        try {
            return Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + " is not UTF-8", e);
        }
    }

    /** The first line is a version; later ones may start with the same sign. */
    private static List<String> mergeRules(Path file) throws IOException {
        List<String> rules = new ArrayList<>();
        for (String line : lines(file)) {
            boolean header = rules.isEmpty() && line.startsWith("#version");
            if (!header && !line.isEmpty()) {
                rules.add(line);
            }
        }
        return rules;
    }

    private TokenizerJson wordPiece(Path words) throws IOException {
        directory
                .settings()
                .requireConvertible(
                        List.of("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"));
        List<String> tokens = lines(words);
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary.put(tokens.get(id), id);
        }
        String unknown = directory.content(SpecialToken.UNKNOWN).orElse("[UNK]");
        TokenizerJson json = TokenizerJson.wordPiece(vocabulary, unknown);
        return finish(json, vocabulary, "BertProcessing");
    }

    /**
     * Declares the special tokens, and frames inputs where the vocabulary has the tokens for it.
     */
    private TokenizerJson finish(TokenizerJson json, Map<String, Integer> ids, String frame)
            throws IOException {
        AddedTokens added = new AddedTokens(directory, ids, vocabulary("added_tokens.json"));
        added.addTo(json.tree());
        directory.settings().apply(json.tree());
        List<AddedToken> ends = new ArrayList<>();
        for (SpecialToken end : FRAME) {
            added.special(end).ifPresent(ends::add);
        }
        boolean framed = ends.size() == FRAME.size() && !directory.modelType().equals("gpt2");
        return framed ? json.withFrame(frame, ends.get(0), ends.get(1)) : json;
    }
}
