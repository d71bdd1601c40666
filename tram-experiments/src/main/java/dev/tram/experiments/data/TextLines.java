package dev.tram.experiments.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** A text's lines, blank ones too. */
final class TextLines implements RowReader {

    private final String file;
    private final Lines lines;

    TextLines(String file, InputStream stream) throws IOException {
        this.file = file;
        lines = new Lines(file, Utf8.reader(file, stream));
    }

    @Override
    public Row read() throws IOException, MalformedRowException {
        String line = lines.next();
        if (line == null) {
            return null;
        }
        Utf8.requireText(file, lines.number(), line);
        Row row = new Row(file, lines.number(), Map.of(RowSource.LINE, line));
        row.requireShort(RowSource.LINE, line);
        return Utf8.requireIntact(row);
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
