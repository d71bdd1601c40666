package dev.tram.examples.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A small table of a report besides the results.
 *
 * @param title what it shows
 * @param head the columns' titles
 * @param rows the rows, each as long as the head; the first cell is the row's title
 */
public record CellTable(String title, List<String> head, List<List<String>> rows) {

    /** Copies the lists. */
    public CellTable {
        head = List.copyOf(head);
        rows = rows.stream().map(List::copyOf).toList();
    }

    /**
     * Renders the table.
     *
     * @return the title, then lines of equal width
     */
    public String render() {
        List<List<String>> lines = new ArrayList<>(List.of(head));
        lines.addAll(rows);
        return title + "\n" + Columns.align(lines).indent(2);
    }
}
