package dev.tram.examples.diagnostics;

import dev.tram.examples.report.Columns;
import dev.tram.examples.report.HtmlPage;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of text.
 *
 * @param head the columns' titles
 * @param rows the rows, each as long as the head
 */
record Table(List<String> head, List<List<String>> rows) {

    /** Copies the lists. */
    Table {
        head = List.copyOf(head);
        rows = rows.stream().map(List::copyOf).toList();
    }

    /** Returns lines for a terminal: the first column to the left, the others to the right. */
    String toText() {
        List<List<String>> lines = new ArrayList<>(List.of(head));
        lines.addAll(rows);
        return Columns.align(lines);
    }

    /** Returns a table in HTML. */
    String toHtml() {
        return HtmlPage.tableOf(head, rows);
    }
}
