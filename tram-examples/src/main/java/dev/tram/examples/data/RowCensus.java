package dev.tram.examples.data;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * How many rows were read, and how many of them were malformed.
 *
 * @param rows the number of rows
 * @param malformed how many of them were left out
 * @param first the first of those, each with its file, line and defect
 */
public record RowCensus(long rows, long malformed, List<String> first) {

    private static final int SHOWN = 5;
    private static final double TOLERATED = 0.01;

    /** From how many rows on too many malformed ones end the reading before the end. */
    private static final long SAMPLE = 10_000;

    /** Copies the list. */
    public RowCensus {
        first = List.copyOf(first);
    }

    /**
     * Reads all rows of a source. Malformed ones are left out.
     *
     * @param source the rows
     * @param parser makes something of each
     * @param consumer takes what was made
     * @param <T> what is made
     * @return how many rows there were
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if more than 1 % of the rows are malformed
     */
    public static <T> RowCensus of(RowSource source, RowParser<T> parser, Consumer<T> consumer)
            throws IOException {
        try (ParsedRows<T> made = new ParsedRows<>(source, parser)) {
            made.forEachRemaining(consumer);
            return made.census();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Returns the sum of this and another one.
     *
     * @param other the other
     * @return both together
     */
    public RowCensus plus(RowCensus other) {
        List<String> all = new ArrayList<>(first);
        all.addAll(other.first);
        return new RowCensus(
                rows + other.rows,
                malformed + other.malformed,
                all.subList(0, Math.min(SHOWN, all.size())));
    }

    /** Refuses, before the end, more malformed rows than a sample of all may have. */
    void requireFew() {
        new RowCensus(Math.max(rows, SAMPLE), malformed, first).require();
    }

    /** Refuses too many malformed rows. */
    void require() {
        if (malformed > TOLERATED * rows) {
            throw Arguments.rejected(
                    "the rows",
                    "well-formed but for 1 in 100",
                    malformed + " malformed ones: " + String.join("; ", first));
        }
    }

    /**
     * Tells of the malformed rows.
     *
     * @return a line, or an empty text if there are none
     */
    public String report() {
        return malformed == 0
                ? ""
                : malformed
                        + " malformed rows of "
                        + rows
                        + " are left out: "
                        + String.join("; ", first)
                        + (malformed > first.size() ? "; …" : "");
    }
}
