package dev.tram.experiments.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** A text's lines, blank ones too. */
final class TextLines extends TextRows {

    TextLines(String file, InputStream stream) throws IOException {
        super(file, stream);
    }

    @Override
    public Row read() throws IOException, MalformedRowException {
        String line = nextLine();
        if (line == null) {
            return null;
        }
        requireText(number(), line);
        Row row = new Row(file, number(), Map.of(RowSource.LINE, line));
        row.requireShort(RowSource.LINE, line);
        return Utf8.requireIntact(row);
    }
}
