package dev.tram.examples.report;

import java.util.List;

/** Lines of cells, one below the other: the first column to the left, the others to the right. */
public final class Columns {

    private Columns() {}

    /**
     * Aligns cells with two spaces between columns.
     *
     * @param lines the lines, the first as long as the longest; an empty one stays blank
     * @return the text, with a line break behind each line
     */
    public static String align(List<List<String>> lines) {
        int[] widths = new int[lines.get(0).size()];
        for (List<String> line : lines) {
            for (int i = 0; i < line.size(); i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            for (int i = 0; i < line.size(); i++) {
                String space = " ".repeat(widths[i] - line.get(i).length());
                text.append(i == 0 ? line.get(i) + space : "  " + space + line.get(i));
            }
            text.append('\n');
        }
        return text.toString();
    }
}
