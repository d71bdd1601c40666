package dev.tram.djl.transformers.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * SentencePiece's compiled normalization: the length of a double-array trie in bytes, the trie, and
 * the texts that its values point into, each ending in 0. Every state that a text can reach is
 * visited, since the native library ends the process where one lies outside of the array.
 *
 * @see <a href="https://github.com/s-yata/darts-clone">darts-clone, the trie's layout</a>
 */
final class CharacterMap {

    private static final int LAST_BYTE = 0xff;
    private static final int LABEL = 0x8000_00ff;
    private static final int VALUE = 0x7fff_ffff;

    private final int[] units;
    private final byte[] texts;
    private double growth = 1;

    private CharacterMap(int[] units, byte[] texts) {
        this.units = units;
        this.texts = texts;
    }

    /**
     * Reads and checks a map.
     *
     * @param base64 the map in base 64
     * @throws IllegalArgumentException if it is damaged; the message says how
     */
    static CharacterMap of(String base64) {
        byte[] bytes = Base64.getDecoder().decode(base64);
        if (!Base64.getEncoder().encodeToString(bytes).equals(base64)) {
            throw new IllegalArgumentException("not padded");
        }
        ByteBuffer map = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int length = map.remaining() < Integer.BYTES ? -1 : map.getInt();
        if (length < Integer.BYTES || length % Integer.BYTES != 0 || length > map.remaining()) {
            throw new IllegalArgumentException("a trie of " + length + " bytes");
        }
        IntBuffer trie =
                map.slice(Integer.BYTES, length).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        int[] units = new int[length / Integer.BYTES];
        trie.get(units);
        byte[] texts = new byte[map.remaining() - length];
        map.get(Integer.BYTES + length, texts);
        CharacterMap checked = new CharacterMap(units, texts);
        checked.requireUtf8();
        checked.visit();
        return checked;
    }

    /** Returns how many times longer than what it stands for a text can be, in bytes. */
    double growth() {
        return growth;
    }

    private void requireUtf8() {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("texts that are not UTF-8", e);
        }
    }

    /** A state of the trie: where its children are, and how many bytes lead there. */
    private record State(long position, int depth) {}

    private void visit() {
        Deque<State> open = new ArrayDeque<>();
        BitSet seen = new BitSet();
        open.add(new State(offset(units[0]), 0));
        while (!open.isEmpty()) {
            State state = open.remove();
            for (int c = 1; c <= LAST_BYTE; c++) {
                long child = state.position ^ c;
                int unit = unit(child);
                if ((unit & LABEL) == c && !seen.get((int) child)) {
                    seen.set((int) child);
                    State next = new State(child ^ offset(unit), state.depth + 1);
                    if ((unit >>> 8 & 1) == 1) {
                        requireText(unit(next.position) & VALUE, next.depth);
                    }
                    open.add(next);
                }
            }
        }
    }

    private int unit(long position) {
        if (position >= units.length) {
            throw new IllegalArgumentException("a state at " + position + " of " + units.length);
        }
        return units[(int) position];
    }

    private static long offset(int unit) {
        return (long) (unit >>> 10) << ((unit & 1 << 9) >>> 6);
    }

    private void requireText(int begin, int replaced) {
        if (begin > texts.length || (begin < texts.length && isContinuation(texts[begin]))) {
            throw new IllegalArgumentException("a text at " + begin + " of " + texts.length);
        }
        int end = begin;
        while (end < texts.length && texts[end] != 0) {
            end++;
        }
        growth = Math.max(growth, (double) (end - begin) / replaced);
    }

    private static boolean isContinuation(byte b) {
        return (b & 0xc0) == 0x80;
    }
}
