package dev.tram.djl.transformers.tokenizer;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A SentencePiece model file: of <a
 * href="https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto">
 * sentencepiece_model.proto</a>, the pieces and the normalization.
 *
 * @param pieces the pieces in the order of their ids
 * @param characterMap the compiled normalization in base 64; empty for none
 * @param unigram whether the pieces' scores are log-probabilities
 */
record SentencePieceModel(List<Piece> pieces, String characterMap, boolean unigram) {

    private static final int MODEL_PIECE = 1;
    private static final int MODEL_TRAINER = 2;
    private static final int MODEL_NORMALIZER = 3;
    private static final int PIECE_TEXT = 1;
    private static final int PIECE_SCORE = 2;
    private static final int TRAINER_MODEL_TYPE = 3;
    private static final int NORMALIZER_MAP = 2;
    private static final int UNIGRAM = 1;

    /**
     * A piece of text.
     *
     * @param text the piece
     * @param score its logarithmic probability
     */
    record Piece(String text, float score) {}

    /**
     * Reads a model file.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is no such file
     */
    static SentencePieceModel read(Path file) throws IOException {
        try (InputStream stream = new BufferedInputStream(Files.newInputStream(file))) {
            return read(CodedInputStream.newInstance(stream));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(
                    file + " is no SentencePiece model: " + e.getMessage(), e);
        }
    }

    private static SentencePieceModel read(CodedInputStream in) throws IOException {
        List<Piece> pieces = new ArrayList<>();
        ByteString map = ByteString.EMPTY;
        int type = UNIGRAM;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case MODEL_PIECE -> pieces.add(readPiece(in.readBytes().newCodedInput()));
                case MODEL_TRAINER -> type = readModelType(in.readBytes().newCodedInput());
                case MODEL_NORMALIZER -> map = readMap(in.readBytes().newCodedInput());
                default -> in.skipField(tag);
            }
        }
        String base64 = Base64.getEncoder().encodeToString(map.toByteArray());
        return new SentencePieceModel(pieces, base64, type == UNIGRAM);
    }

    private static Piece readPiece(CodedInputStream in) throws IOException {
        String text = "";
        float score = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case PIECE_TEXT -> text = in.readStringRequireUtf8();
                case PIECE_SCORE -> score = in.readFloat();
                default -> in.skipField(tag);
            }
        }
        return new Piece(text, score);
    }

    private static int readModelType(CodedInputStream in) throws IOException {
        int type = UNIGRAM;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == TRAINER_MODEL_TYPE) {
                type = in.readEnum();
            } else {
                in.skipField(tag);
            }
        }
        return type;
    }

    private static ByteString readMap(CodedInputStream in) throws IOException {
        ByteString map = ByteString.EMPTY;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == NORMALIZER_MAP) {
                map = in.readBytes();
            } else {
                in.skipField(tag);
            }
        }
        return map;
    }
}
