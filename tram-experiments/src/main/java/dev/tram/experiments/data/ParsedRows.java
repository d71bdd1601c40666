package dev.tram.experiments.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * What a parser makes of a source's rows, one at a time. Malformed rows are left out and counted.
 */
public final class ParsedRows<T> implements Iterator<T>, Closeable {

    private final RowReader reader;
    private final RowParser<T> parser;
    private final List<String> first = new ArrayList<>();
    private long rows;
    private long malformed;
    private boolean ended;
    private T next;

    /**
     * Opens a source.
     *
     * @param parser makes something of each, or null to pass over one
     */
    public ParsedRows(RowSource source, RowParser<T> parser) throws IOException {
        reader = source.open();
        this.parser = parser;
    }

    /**
     * Reads on to the next row that can be used.
     *
     * @return false at the end
     * @throws IllegalArgumentException if more than 1 % of the rows are malformed
     */
    @Override
    public boolean hasNext() {
        while (next == null && !ended) {
            try {
                Row row = reader.read();
                ended = row == null;
                if (ended) {
                    census().require();
                } else {
                    next = parser.parse(row);
                    rows++;
                }
            } catch (MalformedRowException e) {
                rows++;
                malformed++;
                if (first.size() < RowCensus.NAMED) {
                    first.add(e.getMessage());
                }
                census().requireFew();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return next != null;
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        T made = next;
        next = null;
        return made;
    }

    /** Returns how many rows there were so far. */
    public RowCensus census() {
        return new RowCensus(reader.noun(), rows, malformed, first, List.of());
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
