package dev.tram.examples.data;

import dev.tram.core.Arguments;
import java.io.IOException;
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
        long rows = 0;
        long malformed = 0;
        List<String> first = new ArrayList<>();
        try (RowReader reader = source.open()) {
            boolean more = true;
            while (more) {
                try {
                    Row row = reader.read();
                    more = row != null;
                    T made = more ? parser.parse(row) : null;
                    if (made != null) {
                        consumer.accept(made);
                    }
                } catch (MalformedRowException e) {
                    malformed++;
                    if (first.size() < SHOWN) {
                        first.add(e.getMessage());
                    }
                    new RowCensus(Math.max(rows + 1, SAMPLE), malformed, first).require();
                }
                rows += more ? 1 : 0;
            }
        }
        RowCensus census = new RowCensus(rows, malformed, first);
        census.require();
        return census;
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

    private void require() {
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
