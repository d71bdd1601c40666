package dev.tram.examples.data;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;

/**
 * Rows of separated values under a row of names. Rows are told apart before they are parsed, so
 * that a wrong quote spoils its own row alone.
 */
final class SeparatedRows implements RowReader {

    /** A row of more characters than this is a quote that was never closed. */
    private static final int LONGEST_ROW = 1 << 22;

    private final String file;
    private final CSVFormat format;
    private final Lines lines;
    private final List<String> columns;
    private long start;

    SeparatedRows(String file, InputStream stream, char separator, Character quote)
            throws IOException {
        this.file = file;
        format = CSVFormat.DEFAULT.builder().setDelimiter(separator).setQuote(quote).get();
        lines = new Lines(file, Utf8.reader(stream));
        columns = names();
    }

    private List<String> names() throws IOException {
        try {
            List<String> names = cells();
            if (names == null) {
                throw Arguments.rejected(file, "a table under a row of names", "an empty file");
            }
            if (names.stream().anyMatch(name -> !Utf8.isIntact(name))) {
                throw Arguments.rejected(file, "a table under a row of names in UTF-8", "others");
            }
            if (new HashSet<>(names).size() < names.size()) {
                throw Arguments.rejected("the columns of " + file, "differently named", names);
            }
            return names;
        } catch (MalformedRowException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    @Override
    public Row read() throws IOException, MalformedRowException {
        List<String> cells = cells();
        if (cells == null) {
            return null;
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < Math.min(columns.size(), cells.size()); i++) {
            values.put(columns.get(i), cells.get(i));
        }
        Row row = new Row(file, start, values);
        if (cells.size() != columns.size()) {
            throw row.malformed(cells.size() + " cells, expected " + columns.size());
        }
        return Utf8.requireIntact(row);
    }

    /** The next row's cells, or null at the end. */
    private List<String> cells() throws IOException, MalformedRowException {
        String first = lines.nextNotBlank();
        if (first == null) {
            return null;
        }
        start = lines.number();
        List<String> more = changesQuotation(first) ? quoted(first.length()) : List.of();
        String text = more.isEmpty() ? first : first + "\n" + String.join("\n", more);
        try (CSVParser parser = CSVParser.parse(text, format)) {
            return parser.iterator().next().toList();
        } catch (UncheckedIOException e) {
            lines.giveBack(more);
            throw new MalformedRowException(file, start, "wrong quotes");
        }
    }

    /** The lines up to the one that closes the quote. */
    private List<String> quoted(int length) throws IOException, MalformedRowException {
        List<String> added = new ArrayList<>();
        int total = length;
        boolean open = true;
        while (open) {
            String line = total > LONGEST_ROW ? null : lines.next();
            if (line == null) {
                lines.giveBack(added);
                throw new MalformedRowException(file, start, "a quote is not closed");
            }
            added.add(line);
            total += line.length();
            open = !changesQuotation(line);
        }
        return added;
    }

    /** Whether a line opens a quote that it does not close, or the other way round. */
    private boolean changesQuotation(String line) {
        Character quote = format.getQuoteCharacter();
        return quote != null && line.chars().filter(c -> c == quote).count() % 2 == 1;
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
