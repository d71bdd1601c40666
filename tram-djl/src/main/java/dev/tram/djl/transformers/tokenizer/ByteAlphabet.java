package dev.tram.djl.transformers.tokenizer;

import java.util.Arrays;

/**
 * GPT-2's printable characters for the 256 bytes: a printable Latin-1 byte stands for itself, the
 * others follow from U+0100 on. So every text is a sequence of visible characters, and a space is
 * {@code Ġ}.
 */
final class ByteAlphabet {

    private static final char[] CHARACTERS = characters();

    private ByteAlphabet() {}

    private static char[] characters() {
        char[] characters = new char[256];
        char next = 256;
        for (char b = 0; b < characters.length; ++b) {
            boolean printable =
                    (b >= '!' && b <= '~')
                            || (b >= '\u00a1' && b <= '\u00ac')
                            || (b >= '\u00ae' && b <= '\u00ff');
            characters[b] = printable ? b : next++;
        }
        return characters;
    }

    /** Returns the characters of all bytes, in ascending order. */
    static String all() {
        char[] sorted = CHARACTERS.clone();
        Arrays.sort(sorted);
        return new String(sorted);
    }
}
