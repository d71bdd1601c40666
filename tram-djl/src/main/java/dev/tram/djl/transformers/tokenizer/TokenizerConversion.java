package dev.tram.djl.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.OptionalArtifact;
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

    /** SentencePiece's own are unknown, start and end. */
    private static final int FIRST_PIECE = 3;

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
        Optional<Path> pieces = directory.file("sentencepiece.bpe.model");
        if (merges.isPresent() && directory.has("vocab.json")) {
            return byteLevel(merges.get()).tree();
        }
        if (words.isPresent()) {
            return wordPiece(words.get()).tree();
        }
        if (pieces.isPresent()) {
            return unigram(pieces.get()).tree();
        }
        throw new IllegalArgumentException(
                "tokenizer directory must hold tokenizer.json, vocab.json and merges.txt, vocab.txt"
                        + " or sentencepiece.bpe.model (write tokenizer.json with"
                        + " transformers.AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)),"
                        + " received: "
                        + directory);
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
     * XLM-RoBERTa's ids: SentencePiece's unknown, start and end, ids 0 to 2, give way to fairseq's
     * four, and the mask comes last.
     */
    private TokenizerJson unigram(Path file) throws IOException {
        directory.settings().requireConvertible(List.of("XLMRobertaTokenizer"));
        OptionalArtifact.PROTOBUF.require(file + ", a SentencePiece model without tokenizer.json,");
        SentencePieceModel model = SentencePieceModel.read(file);
        if (!model.unigram()) {
            throw new IllegalArgumentException(
                    file + " must be a unigram model, received: another SentencePiece type");
        }
        List<SentencePieceModel.Piece> pieces = new ArrayList<>();
        for (String special : List.of("<s>", "<pad>", "</s>", "<unk>")) {
            pieces.add(new SentencePieceModel.Piece(special, 0));
        }
        if (model.pieces().size() < FIRST_PIECE) {
            throw Arguments.rejected(
                    "pieces of " + file, "at least " + FIRST_PIECE, model.pieces().size());
        }
        pieces.addAll(model.pieces().subList(FIRST_PIECE, model.pieces().size()));
        pieces.add(new SentencePieceModel.Piece("<mask>", 0));
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (SentencePieceModel.Piece piece : pieces) {
            vocabulary.put(piece.text(), vocabulary.size());
        }
        TokenizerJson json = TokenizerJson.unigram(pieces, model.characterMap());
        return finish(json, vocabulary, "RobertaProcessing");
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
