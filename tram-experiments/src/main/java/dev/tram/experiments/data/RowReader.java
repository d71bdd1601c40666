package dev.tram.experiments.data;

import java.io.Closeable;
import java.io.IOException;

/** Rows, one after the other. */
public interface RowReader extends Closeable {

    /**
     * Reads the next row.
     *
     * @return the row, or null behind the last one
     * @throws MalformedRowException if the row is malformed; the next call reads the one behind it
     */
    Row read() throws IOException, MalformedRowException;

    /** Returns what the rows are called in messages: a plural. */
    default String noun() {
        return "rows";
    }
}
