package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;

/**
 * Rows of separated values under a row of names, as Python's {@code csv} reads them: a quote is a
 * letter but at the beginning of a cell, and what follows the closing quote belongs to the cell. A
 * quote that is not closed, or that the first quote of a later line's cell closes, spoils its own
 * line alone: the lines behind it are read anew. Where the later quote stands within a cell, nobody
 * can tell whether its line belongs to the cell or is a row, so all the lines are malformed. Line
 * breaks within a cell become {@code \n}.
 */
final class SeparatedRows implements RowReader {

    /** A row of more characters than this is a quote that was never closed. */
    private static final int LONGEST_ROW = 1 << 22;

    private static final Map<String, String> SEPARATORS =
            Map.of(";", "semicolons", "\t", "tabs", "|", "bars");

    private final String file;
    private final char separator;
    private final CSVFormat format;
    private final Lines lines;
    private final List<String> columns;

    /** One more than the position of the last column with a name. */
    private final int width;

    private long start;

    /** How many of the next lines belong to a row that nobody can tell the end of. */
    private int spoiled;

    SeparatedRows(String file, InputStream stream, char separator, Character quote)
            throws IOException {
        this.file = file;
        this.separator = separator;
        format =
                CSVFormat.DEFAULT
                        .builder()
                        .setDelimiter(separator)
                        .setQuote(quote)
                        .setTrailingData(true)
                        .get();
        lines = new Lines(file, Utf8.reader(file, stream));
        columns = names();
        width = IntStream.range(0, columns.size()).filter(this::isNamed).max().orElse(-1) + 1;
    }

    private List<String> names() throws IOException {
        try {
            List<String> names = cells(size -> false);
            if (names == null) {
                throw Arguments.rejected(file, "a table under a row of names", "an empty file");
            }
            if (names.stream().anyMatch(name -> !Utf8.isIntact(name))) {
                throw new IllegalArgumentException(
                        file
                                + ": the names of the columns are not UTF-8; a Latin-1 file becomes"
                                + " it by iconv -f LATIN1 -t UTF-8");
            }
            requireSeparator(names);
            requireDifferent(names);
            return names;
        } catch (MalformedRowException e) {
            String complaint = e.getMessage();
            throw new IllegalArgumentException(complaint + Utf8.advice(List.of(complaint)), e);
        }
    }

    private void requireDifferent(List<String> names) {
        Set<String> before = new HashSet<>();
        for (String name : names) {
            if (!name.isBlank() && !before.add(name)) {
                throw Arguments.rejected(
                        "the columns of " + file, "differently named", name + " twice");
            }
        }
    }

    /** A row of names that is one cell with another separator in it is not meant as one column. */
    private void requireSeparator(List<String> names) {
        if (names.size() > 1) {
            return;
        }
        for (Map.Entry<String, String> other : SEPARATORS.entrySet()) {
            if (names.get(0).contains(other.getKey())) {
                throw new IllegalArgumentException(
                        ("%s has %s between its columns; .csv needs commas, .tsv tabs: export it again"
                                        + " with those, or rename a .csv with tabs to .tsv")
                                .formatted(file, other.getValue()));
            }
        }
    }

    private boolean isNamed(int column) {
        return !columns.get(column).isBlank();
    }

    @Override
    public Row read() throws IOException, MalformedRowException {
        List<String> cells = cells(this::isWidth);
        if (cells == null) {
            return null;
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < Math.min(columns.size(), cells.size()); i++) {
            if (isNamed(i)) {
                values.put(columns.get(i), cells.get(i));
            }
        }
        Row row = new Row(file, start, values);
        if (!isWidth(cells.size())) {
            throw row.malformed(cells.size() + " cells, expected " + columns.size());
        }
        return Utf8.requireIntact(row);
    }

    private boolean isWidth(int cells) {
        return width <= cells && cells <= columns.size();
    }

    /**
     * The next row's cells, or null at the end.
     *
     * @param isWidth whether a row may have so many cells
     */
    private List<String> cells(IntPredicate isWidth) throws IOException, MalformedRowException {
        if (spoiled > 0) {
            spoiled--;
            lines.next();
            throw malformed(lines.number(), "a line of the row that begins in line " + start);
        }
        String first = lines.nextNotBlank();
        if (first == null) {
            return null;
        }
        start = lines.number();
        RowText text = new RowText(first);
        List<String> cells = List.of();
        try {
            cells = parse(text, format);
            if (!text.added.isEmpty()) {
                parse(
                        new StringReader(text.whole()),
                        format.builder().setTrailingData(false).get());
            }
            Utf8.requireText(file, start, text.whole());
            return cells;
        } catch (CellCount.TooManyException e) {
            lines.giveBack(text.added);
            throw malformed(start, e.getMessage());
        } catch (CSVException e) {
            lines.giveBack(text.added);
            if (isWidth.test(cells.size()) && isClosedWithinACell(text.added)) {
                spoiled = text.added.size();
            }
            throw malformed(start, "a quote is not closed at the end of its cell");
        }
    }

    private MalformedRowException malformed(long line, String reason) {
        return new MalformedRowException(file, line, reason);
    }

    /** Whether the first quote that is not doubled is within a cell of its own line. */
    private boolean isClosedWithinACell(List<String> added) {
        char quote = format.getQuoteCharacter();
        for (String line : added) {
            for (int i = line.indexOf(quote); i >= 0; i = line.indexOf(quote, i + 2)) {
                if (i + 1 == line.length() || line.charAt(i + 1) != quote) {
                    return i > 0 && line.charAt(i - 1) != separator;
                }
            }
        }
        return false;
    }

    private static List<String> parse(Reader text, CSVFormat format) throws IOException {
        try (CSVParser parser = CSVParser.parse(text, format)) {
            return parser.iterator().next().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }

    /** A row's text, to which a line is added whenever all before it is read. */
    private final class RowText extends Reader {

        private final String first;
        private final List<String> added = new ArrayList<>();
        private final CellCount cells = new CellCount(separator, format.getQuoteCharacter());
        private Reader line;
        private int length;

        RowText(String first) {
            this.first = first;
        }

        private void use(String next) throws CellCount.TooManyException {
            cells.add(next);
            line = new StringReader(next + "\n");
            length += next.length();
        }

        @Override
        public int read(char[] buffer, int offset, int count) throws IOException {
            if (line == null) {
                use(first);
            }
            int read = line.read(buffer, offset, count);
            if (read >= 0) {
                return read;
            }
            String next = length > LONGEST_ROW ? null : lines.next();
            if (next == null) {
                return -1;
            }
            added.add(next);
            use(next);
            return line.read(buffer, offset, count);
        }

        String whole() {
            return added.isEmpty() ? first : first + "\n" + String.join("\n", added);
        }

        @Override
        public void close() {}
    }
}
