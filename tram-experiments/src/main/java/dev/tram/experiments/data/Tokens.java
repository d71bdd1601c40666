package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import java.nio.ByteBuffer;

/**
 * The tokens of a text or of a pair of texts, with its class.
 *
 * @param ids the token ids, special ones included; they become this object's
 * @param pairStart how many of them belong to the first text; those behind are the second's
 * @param label the class, an index
 */
@SuppressWarnings("ArrayRecordComponent") // millions of them, never compared
public record Tokens(int[] ids, int pairStart, int label) {

    /** The bytes before the ids of a record. */
    private static final int HEAD = 2 * Integer.BYTES;

    /** Checks where the second text begins. */
    public Tokens {
        if (pairStart < 0 || pairStart > ids.length) {
            throw Arguments.rejected("pairStart", "in [0, " + ids.length + "]", pairStart);
        }
    }

    public static Tokens read(RecordFile file, int number) {
        ByteBuffer bytes = file.get(number);
        int pairStart = bytes.getInt();
        int label = bytes.getInt();
        int[] ids = new int[bytes.remaining() / Integer.BYTES];
        bytes.asIntBuffer().get(ids);
        return new Tokens(ids, pairStart, label);
    }

    /** Returns how many tokens a record holds. */
    public static int length(RecordFile file, int number) {
        return (file.length(number) - HEAD) / Integer.BYTES;
    }

    /** Returns the bytes of the record that {@link #read} reads. */
    public byte[] toRecord() {
        ByteBuffer bytes = ByteBuffer.allocate(HEAD + ids.length * Integer.BYTES);
        bytes.putInt(pairStart).putInt(label).asIntBuffer().put(ids);
        return bytes.array();
    }
}
