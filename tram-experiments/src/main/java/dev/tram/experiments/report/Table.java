package dev.tram.experiments.report;

import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.experiments.data.OneLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;

/**
 * A table of text, with the best values marked; the first cell of a row is its title.
 *
 * @param rows the rows, each as long as the head
 */
public record Table(List<String> head, List<Row> rows) {

    private static final String MARK = "*";

    /**
     * A cell.
     *
     * @param isBest whether no other value of its column is better
     */
    public record Cell(String text, boolean isBest) {

        /** Returns a cell that is not compared with others. */
        public static Cell of(String text) {
            return new Cell(text, false);
        }
    }

    /**
     * A row.
     *
     * @param style a word on how it differs from others, {@code group} for one that stands apart
     *     from those above; empty for nothing
     */
    public record Row(List<Cell> cells, String style) {}

    /** Returns a table of rows that are all alike. */
    public static Table of(List<String> head, List<List<Cell>> rows) {
        return new Table(head, rows.stream().map(cells -> new Row(cells, "")).toList());
    }

    /** Returns a table of rows that are not compared. */
    public static Table ofTexts(List<String> head, List<List<String>> rows) {
        return of(head, rows.stream().map(row -> row.stream().map(Cell::of).toList()).toList());
    }

    /**
     * Returns lines for a terminal, the best values followed by *: the first column to the left,
     * the others to the right, two spaces between them.
     */
    public String toText() {
        List<List<String>> lines = new ArrayList<>();
        lines.add(marked(head.stream().map(Cell::of).toList()));
        for (Row row : rows) {
            if (row.style().equals("group")) {
                lines.add(List.of());
            }
            lines.add(marked(row.cells()));
        }
        return joined("", "  ", "", aligned(lines));
    }

    /** Returns lines of Markdown, the first column to the left, the others to the right. */
    public String toMarkdown() {
        List<List<String>> lines = new ArrayList<>();
        lines.add(head);
        rows.forEach(row -> lines.add(row.cells().stream().map(Cell::text).toList()));
        List<List<String>> aligned = aligned(lines);
        List<String> rule = new ArrayList<>();
        for (String title : aligned.get(0)) {
            int width = title.length();
            rule.add(rule.isEmpty() ? "-".repeat(width) : "-".repeat(Math.max(1, width - 1)) + ":");
        }
        aligned.add(1, rule);
        return joined("| ", " | ", " |", aligned);
    }

    private static String joined(
            String begin, String between, String end, List<List<String>> lines) {
        return lines.stream()
                .map(line -> begin + String.join(between, line) + end + "\n")
                .collect(Collectors.joining());
    }

    /** Fills cells with spaces: the first column's on the right, the others' on the left. */
    private static List<List<String>> aligned(List<List<String>> lines) {
        int[] widths = new int[lines.get(0).size()];
        for (List<String> line : lines) {
            for (int i = 0; i < line.size(); i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        List<List<String>> aligned = new ArrayList<>();
        for (List<String> line : lines) {
            List<String> cells = new ArrayList<>();
            for (int i = 0; i < line.size(); i++) {
                String space = " ".repeat(widths[i] - line.get(i).length());
                cells.add(i == 0 ? line.get(i) + space : space + line.get(i));
            }
            aligned.add(cells);
        }
        return aligned;
    }

    private List<String> marked(List<Cell> cells) {
        List<String> marked = new ArrayList<>();
        for (int i = 0; i < cells.size(); i++) {
            int column = i;
            boolean hasBest = rows.stream().anyMatch(row -> row.cells().get(column).isBest());
            String blank = hasBest ? " " : "";
            marked.add(OneLine.of(cells.get(i).text()) + (cells.get(i).isBest() ? MARK : blank));
        }
        return marked;
    }

    /** Returns a table in HTML, the best values in bold. */
    public String toHtml() {
        return Template.fill("table.html", this);
    }

    /**
     * Writes comma-separated values; what is not finite is left blank.
     *
     * @param head the first line
     * @param lines the values of each line behind it
     */
    public static void writeCsv(Path file, String head, List<List<Object>> lines)
            throws IOException {
        Stream<String> values =
                lines.stream()
                        .map(line -> line.stream().map(Table::blankUnlessFinite).toArray())
                        .map(CSVFormat.RFC4180::format);
        AtomicFile.write(
                file,
                Stream.concat(Stream.of(head), values).collect(Collectors.joining("\n", "", "\n")));
    }

    private static Object blankUnlessFinite(Object value) {
        return value instanceof Double number && !Double.isFinite(number) ? "" : value;
    }
}
