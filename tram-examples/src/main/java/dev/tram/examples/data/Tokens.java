package dev.tram.examples.data;

import dev.tram.core.internal.Arguments;

/** The tokens of a text or of a pair of texts, with its class. */
public final class Tokens {

    private final int[] ids;
    private final int pairStart;
    private final int label;

    /**
     * Describes a text.
     *
     * @param ids the token ids, special ones included; they become this object's
     * @param pairStart how many of them belong to the first text; those behind are the second's
     * @param label the class, an index
     */
    public Tokens(int[] ids, int pairStart, int label) {
        if (pairStart < 0 || pairStart > ids.length) {
            throw Arguments.rejected("pairStart", "in [0, " + ids.length + "]", pairStart);
        }
        this.ids = ids;
        this.pairStart = pairStart;
        this.label = label;
    }

    /**
     * Returns the number of tokens.
     *
     * @return the number
     */
    public int length() {
        return ids.length;
    }

    /**
     * Returns a token.
     *
     * @param index which one, from 0
     * @return its id
     */
    public int id(int index) {
        return ids[index];
    }

    /**
     * Returns how many tokens belong to the first text.
     *
     * @return the index of the second text's first token
     */
    public int pairStart() {
        return pairStart;
    }

    /**
     * Returns the class.
     *
     * @return its index
     */
    public int label() {
        return label;
    }
}
