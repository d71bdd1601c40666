package dev.tram.examples.diagnostics;

import dev.tram.examples.report.Columns;
import dev.tram.examples.report.HtmlPage;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of text, with the best values marked.
 *
 * @param head the columns' titles
 * @param rows the rows, each as long as the head
 */
record Table(List<String> head, List<List<Cell>> rows) {

    private static final String MARK = "*";

    /**
     * A cell.
     *
     * @param text what it says
     * @param isBest whether no other value of its column is better
     */
    record Cell(String text, boolean isBest) {

        /** A cell that is not compared with others. */
        static Cell of(String text) {
            return new Cell(text, false);
        }
    }

    /** Copies the lists. */
    Table {
        head = List.copyOf(head);
        rows = rows.stream().map(List::copyOf).toList();
    }

    /**
     * Returns lines for a terminal, the best values followed by *: the first column to the left,
     * the others to the right.
     */
    String toText() {
        List<List<String>> lines = new ArrayList<>();
        List<String> titles = new ArrayList<>();
        for (int column = 0; column < head.size(); column++) {
            titles.add(head.get(column) + (hasBest(column) ? " " : ""));
        }
        lines.add(titles);
        for (List<Cell> row : rows) {
            List<String> line = new ArrayList<>();
            for (int column = 0; column < row.size(); column++) {
                String blank = hasBest(column) ? " " : "";
                Cell cell = row.get(column);
                line.add(cell.text() + (cell.isBest() ? MARK : blank));
            }
            lines.add(line);
        }
        return Columns.align(lines);
    }

    private boolean hasBest(int column) {
        return rows.stream().anyMatch(row -> row.get(column).isBest());
    }

    /** Returns a table in HTML, the best values in bold. */
    String toHtml() {
        return HtmlPage.tableOf(
                head,
                rows.stream().map(row -> row.stream().map(Cell::text).toList()).toList(),
                (row, column) -> rows.get(row).get(column).isBest());
    }
}
