package dev.tram.experiments.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How many rows were read, and how many of them were malformed.
 *
 * @param malformed how many of them were left out
 * @param first the first of those, each with its file, line and defect
 * @param remarks what else is to be told of the rows
 */
public record RowCensus(
        String noun, long rows, long malformed, List<String> first, List<String> remarks) {

    /** How many malformed rows are named at most. */
    static final int NAMED = 20;

    /** How many of them a refusal names. */
    private static final int REFUSED = 5;

    private static final double TOLERATED = 0.01;

    /** From how many rows on too many malformed ones end the reading before the end. */
    private static final long SAMPLE = 10_000;

    public RowCensus {
        first = List.copyOf(first);
        remarks = List.copyOf(remarks);
    }

    /** Counts rows of which there is nothing else to tell. */
    public RowCensus(long rows, long malformed, List<String> first) {
        this("rows", rows, malformed, first, List.of());
    }

    /**
     * Makes something of all rows of a source. Malformed ones are left out.
     *
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

    /** Returns the sum of this and another one. */
    public RowCensus plus(RowCensus other) {
        List<String> all = joined(first, other.first);
        return new RowCensus(
                noun,
                rows + other.rows,
                malformed + other.malformed,
                all.subList(0, Math.min(NAMED, all.size())),
                joined(remarks, other.remarks));
    }

    /**
     * Adds a remark.
     *
     * @param remark a line, or an empty text for none
     * @return the same numbers with the remark
     */
    public RowCensus withRemark(String remark) {
        return remark.isEmpty()
                ? this
                : new RowCensus(noun, rows, malformed, first, joined(remarks, List.of(remark)));
    }

    private static List<String> joined(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    /** Refuses, before the end, more malformed rows than a sample of all may have. */
    void requireFew() {
        if (malformed > TOLERATED * Math.max(rows, SAMPLE)) {
            require();
        }
    }

    /** Refuses too many malformed rows. */
    void require() {
        if (malformed > TOLERATED * rows) {
            throw new IllegalArgumentException(
                    "%s of %s %s %s malformed (limit 1 %%): %s%s"
                            .formatted(
                                    malformed,
                                    rows,
                                    noun,
                                    malformed == 1 ? "is" : "are",
                                    first.stream().limit(REFUSED).collect(Collectors.joining("; ")),
                                    Utf8.advice(first)));
        }
    }

    /**
     * Tells of the malformed rows, and the remarks. Returns lines, or an empty text if there is
     * nothing to tell.
     */
    public String report() {
        return String.join("\n", malformed == 0 ? remarks : joined(List.of(leftOut()), remarks));
    }

    private String leftOut() {
        return "%s malformed %s of %s are left out: %s%s"
                .formatted(
                        malformed,
                        noun,
                        rows,
                        String.join("; ", first),
                        malformed > first.size() ? "; …" : "");
    }
}
