package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Rows of separated values under a row of names, as Python's {@code csv} reads them: a quote is a
 * letter but at the beginning of a cell, and what follows the closing quote belongs to the cell. A
 * quote that is not closed, or that the first quote of a later line's cell closes, spoils its own
 * line alone: the lines behind it are read anew. Where the later quote stands within a cell, nobody
 * can tell whether its line belongs to the cell or is a row, so all the lines are malformed. Line
 * breaks within a cell become {@code \n}.
 */
final class SeparatedRows extends TextRows {

    /** A row of more characters than this is a quote that was never closed. */
    private static final int LONGEST_ROW = 1 << 22;

    private static final Map<String, String> SEPARATORS =
            Map.of(";", "semicolons", "\t", "tabs", "|", "bars");

    private static final char QUOTE = '"';

    private final char separator;
    private final boolean hasQuotes;
    private final long limit = Limit.CELLS.value();
    private final List<String> columns;

    /** One more than the position of the last column with a name. */
    private final int width;

    private long start;

    /** How many of the next lines belong to a row that nobody can tell the end of. */
    private int spoiled;

    /**
     * Begins with the names of the columns.
     *
     * @param hasQuotes whether a quote at the beginning of a cell is none of its letters
     */
    SeparatedRows(String file, InputStream stream, char separator, boolean hasQuotes)
            throws IOException {
        super(file, stream);
        this.separator = separator;
        this.hasQuotes = hasQuotes;
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
            nextLine();
            throw malformed(number(), "a line of the row that begins in line " + start);
        }
        String first = nextNotBlank();
        if (first == null) {
            return null;
        }
        start = number();
        RowText text = new RowText();
        for (String line = first; line != null; line = text.isWhole() ? null : nextLine()) {
            text.add(line);
        }
        if (text.isIntact()) {
            requireText(start, String.join("\n", text.lines));
            return text.cells;
        }
        List<String> added = text.lines.subList(1, text.lines.size());
        giveBack(added);
        if (text.hasTooManyCells) {
            throw malformed(
                    start,
                    "more than " + limit + " cells (" + Limit.CELLS.option() + "=N sets that)");
        }
        if (!text.isQuoted && isWidth.test(text.cells.size()) && isClosedWithinACell(added)) {
            spoiled = added.size();
        }
        throw malformed(start, "a quote is not closed at the end of its cell");
    }

    /** Whether the first quote that is not doubled is within a cell of its own line. */
    private boolean isClosedWithinACell(List<String> added) {
        for (String line : added) {
            for (int i = line.indexOf(QUOTE); i >= 0; i = line.indexOf(QUOTE, i + 2)) {
                if (i + 1 == line.length() || line.charAt(i + 1) != QUOTE) {
                    return i > 0 && line.charAt(i - 1) != separator;
                }
            }
        }
        return false;
    }

    /** A row's lines, and the cells that they are split into. */
    private final class RowText {

        private final List<String> lines = new ArrayList<>();
        private final List<String> cells = new ArrayList<>();
        private final StringBuilder cell = new StringBuilder();
        private boolean isQuoted;
        private boolean isBehindQuote;
        private boolean hasTextBehindQuote;
        private boolean hasTooManyCells;
        private int length;

        void add(String line) {
            lines.add(line);
            length += line.length();
            if (isQuoted) {
                cell.append('\n');
            }
            for (int i = 0; i < line.length() && cells.size() < limit; i++) {
                char character = line.charAt(i);
                boolean isQuote = hasQuotes && character == QUOTE;
                if (isQuoted && isQuote && i + 1 < line.length() && line.charAt(i + 1) == QUOTE) {
                    cell.append(QUOTE);
                    i++;
                } else if (isQuoted && isQuote) {
                    isQuoted = false;
                    isBehindQuote = true;
                } else if (!isQuoted && character == separator) {
                    endCell();
                } else if (isQuote && cell.isEmpty() && !isBehindQuote) {
                    isQuoted = true;
                } else {
                    cell.append(character);
                    hasTextBehindQuote |= isBehindQuote && !Character.isWhitespace(character);
                }
            }
            hasTooManyCells = cells.size() == limit;
            if (!isQuoted) {
                endCell();
            }
        }

        private void endCell() {
            cells.add(cell.toString());
            cell.setLength(0);
            isBehindQuote = false;
        }

        /** Whether no further line belongs to the row. */
        boolean isWhole() {
            return !isQuoted || hasTooManyCells || length > LONGEST_ROW;
        }

        /**
         * Whether a row of several lines has no text between a closing quote and its cell's end.
         */
        boolean isIntact() {
            return !isQuoted && !hasTooManyCells && (lines.size() == 1 || !hasTextBehindQuote);
        }
    }
}
