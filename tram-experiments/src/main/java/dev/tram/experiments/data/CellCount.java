package dev.tram.experiments.data;

import java.io.IOException;

/** Counts the cells of a row line by line, before each of them takes memory. */
final class CellCount {

    /** A row has more cells than {@link Limit#CELLS} allows. */
    static final class TooManyException extends IOException {

        private static final long serialVersionUID = 1;

        private TooManyException(long limit) {
            super("more than " + limit + " cells (" + Limit.CELLS.option() + "=N sets that)");
        }
    }

    private final char separator;
    private final Character quote;
    private final long limit = Limit.CELLS.value();
    private long cells = 1;
    private boolean quoted;

    /**
     * Begins a row.
     *
     * @param quote what cells with separators begin and end with, or null for nothing
     */
    CellCount(char separator, Character quote) {
        this.separator = separator;
        this.quote = quote;
    }

    /**
     * Counts the cells of the row's next line.
     *
     * @throws TooManyException if the row has more than {@link Limit#CELLS}
     */
    void add(String line) throws TooManyException {
        boolean atStart = !quoted;
        for (int i = 0; i < line.length(); i++) {
            char character = line.charAt(i);
            if (quoted) {
                quoted = !isQuote(character);
                if (!quoted && i + 1 < line.length() && isQuote(line.charAt(i + 1))) {
                    quoted = true;
                    i++;
                }
            } else if (character == separator) {
                cells++;
            } else {
                quoted = atStart && isQuote(character);
            }
            atStart = !quoted && character == separator;
        }
        if (cells > limit) {
            throw new TooManyException(limit);
        }
    }

    private boolean isQuote(char character) {
        return quote != null && quote == character;
    }
}
