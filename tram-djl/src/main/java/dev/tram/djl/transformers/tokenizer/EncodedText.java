package dev.tram.djl.transformers.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import java.util.Arrays;

/** A text, or a pair of texts, as token ids with special tokens, neither padded nor on a device. */
public final class EncodedText {

    private final int[] ids;
    private final byte[] types;

    EncodedText(Encoding encoding) {
        ids = new int[encoding.getIds().length];
        types = new byte[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Math.toIntExact(encoding.getIds()[i]);
            types[i] = (byte) encoding.getTypeIds()[i];
        }
    }

    /**
     * Returns the number of tokens.
     *
     * @return the number, special tokens included
     */
    public int length() {
        return ids.length;
    }

    /**
     * Returns the greatest id.
     *
     * @return the id, −1 if there is no token
     */
    public int greatestId() {
        return Arrays.stream(ids).max().orElse(-1);
    }

    /** Returns the id of a token. */
    long id(int token) {
        return ids[token];
    }

    /** Returns 0 for a token of the first text, 1 for one of its pair. */
    long type(int token) {
        return types[token];
    }
}
