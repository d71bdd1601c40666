package dev.tram.experiments.data;

import java.io.IOException;
import java.util.Iterator;

/** The rows of one source after the other; one is open at a time. */
final class ConcatenatedRows implements RowReader {

    private final Iterator<RowSource> sources;
    private RowReader current;

    ConcatenatedRows(Iterator<RowSource> sources) {
        this.sources = sources;
    }

    @Override
    public Row read() throws IOException, MalformedRowException {
        while (current != null || sources.hasNext()) {
            if (current == null) {
                current = sources.next().open();
            }
            Row row = current.read();
            if (row != null) {
                return row;
            }
            close();
        }
        return null;
    }

    @Override
    public void close() throws IOException {
        if (current != null) {
            current.close();
            current = null;
        }
    }
}
