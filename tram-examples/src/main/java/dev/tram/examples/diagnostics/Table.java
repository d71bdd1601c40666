package dev.tram.examples.diagnostics;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

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
        int[] widths =
                IntStream.range(0, head.size())
                        .map(
                                i ->
                                        Math.max(
                                                head.get(i).length(),
                                                rows.stream()
                                                        .mapToInt(row -> row.get(i).length())
                                                        .max()
                                                        .orElse(0)))
                        .toArray();
        StringBuilder text = new StringBuilder();
        append(text, head, widths);
        rows.forEach(row -> append(text, row, widths));
        return text.toString();
    }

    private static void append(StringBuilder text, List<String> row, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(widths[i] - row.get(i).length());
            text.append(i == 0 ? row.get(i) + space : "  " + space + row.get(i));
        }
        text.append('\n');
    }

    /** Returns a table in HTML. */
    String toHtml() {
        return "<div class=\"wide\"><table>\n"
                + row(head, "th")
                + rows.stream().map(row -> row(row, "td")).collect(Collectors.joining())
                + "</table></div>\n";
    }

    private static String row(List<String> cells, String tag) {
        StringBuilder html = new StringBuilder("<tr>");
        for (int i = 0; i < cells.size(); i++) {
            String name = i == 0 ? "th" : tag;
            html.append('<').append(name).append('>');
            html.append(Html.escape(cells.get(i))).append("</").append(name).append('>');
        }
        return html.append("</tr>\n").toString();
    }
}
