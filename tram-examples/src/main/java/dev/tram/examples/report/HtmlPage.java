package dev.tram.examples.report;

import dev.tram.examples.experiment.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;

/** An HTML file that needs nothing else: its pictures are inside. */
public final class HtmlPage {

    private final StringBuilder html = new StringBuilder();

    /**
     * Begins a page.
     *
     * @param title the title
     * @param command the command line that made it
     * @throws IOException if the stylesheet cannot be read
     */
    public HtmlPage(String title, String command) throws IOException {
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
                .append(escape(title))
                .append("</title>\n<style>\n")
                .append(stylesheet())
                .append("</style>\n</head>\n<body>\n<h1>")
                .append(escape(title))
                .append("</h1>\n<p>Made by <code>")
                .append(escape(command))
                .append("</code></p>\n");
    }

    private static String stylesheet() throws IOException {
        try (InputStream in = HtmlPage.class.getResourceAsStream("report.css")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /**
     * Returns the page so far, to append HTML as it is.
     *
     * @return the page without its end
     */
    public StringBuilder html() {
        return html;
    }

    void heading(String text) {
        html.append("<h2>").append(escape(text)).append("</h2>\n");
    }

    void paragraph(String text) {
        html.append("<p>").append(escape(text)).append("</p>\n");
    }

    void table(List<String> head, List<List<String>> rows) {
        html.append(tableOf(head, rows));
    }

    void picture(byte[] png, String text, String caption) {
        html.append(figure(png, text, caption));
    }

    /**
     * Returns a table; the first cell of a row is its title.
     *
     * @param head the columns' titles
     * @param rows the rows, each as long as the head
     * @return HTML
     */
    public static String tableOf(List<String> head, List<List<String>> rows) {
        return tableOf(head, rows, (row, column) -> false);
    }

    /**
     * Returns a table that marks its best cells; the first cell of a row is its title.
     *
     * @param head the columns' titles
     * @param rows the rows, each as long as the head
     * @param isBest whether to mark the cell in a row and a column, both from 0
     * @return HTML
     */
    public static String tableOf(
            List<String> head, List<List<String>> rows, BiPredicate<Integer, Integer> isBest) {
        StringBuilder html = new StringBuilder("<div class=\"wide\"><table>\n");
        append(html, head, "th", column -> false);
        for (int i = 0; i < rows.size(); i++) {
            int row = i;
            append(html, rows.get(i), "td", column -> isBest.test(row, column));
        }
        return html.append("</table></div>\n").toString();
    }

    private static void append(
            StringBuilder html, List<String> cells, String tag, IntPredicate isBest) {
        html.append("<tr>");
        for (int i = 0; i < cells.size(); i++) {
            String name = i == 0 ? "th" : tag;
            html.append('<').append(name).append(isBest.test(i) ? " class=\"best\">" : ">");
            html.append(escape(cells.get(i))).append("</").append(name).append('>');
        }
        html.append("</tr>\n");
    }

    /**
     * Returns a picture.
     *
     * @param png the picture
     * @param text what stands for it where it cannot be seen
     * @param caption the line below it
     * @return HTML
     */
    public static String figure(byte[] png, String text, String caption) {
        return "<figure><img alt=\""
                + escape(text)
                + "\" src=\""
                + dataUri(png)
                + "\"><figcaption>"
                + escape(caption)
                + "</figcaption></figure>\n";
    }

    /**
     * Writes the file in one go.
     *
     * @param file the file
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        Json.replace(file, html + "</body>\n</html>\n");
    }

    /**
     * Returns a picture as an address.
     *
     * @param png the picture
     * @return a data URI
     */
    public static String dataUri(byte[] png) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
    }

    /**
     * Makes text fit for HTML.
     *
     * @param text any text
     * @return the text with entities for what has a meaning in HTML
     */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
