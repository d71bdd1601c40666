package dev.tram.examples.report;

import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.examples.data.Bundled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.webjars.WebJarVersionLocator;

/**
 * An HTML file that needs nothing else: pictures, curves and the script that draws them anew are
 * inside. It is whole without the script, too.
 */
public final class HtmlPage {

    /** What follows the sections. */
    static final String FOOTER = "<footer>";

    private final StringBuilder html = new StringBuilder();
    private final String command;

    public HtmlPage(String title, String command) {
        this.command = command;
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
                .append(escape(title))
                .append("</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n")
                .append(upLot("dist/uPlot.min.css"))
                .append(resource("report.css"))
                .append("</style>\n<script>\n")
                .append("/*\n" + upLot("LICENSE") + "*/\n")
                .append(upLot("dist/uPlot.iife.min.js"))
                .append(resource("report.js"))
                .append("</script>\n</head>\n<body>\n<h1>")
                .append(escape(title))
                .append("</h1>\n");
    }

    static String resource(String name) {
        return new Bundled(HtmlPage.class, name).read(HtmlPage::text);
    }

    /** Reads a file of uPlot's webjar, whose folder bears its version. */
    private static String upLot(String name) {
        String file = "/" + new WebJarVersionLocator().fullPath("uplot", name);
        return new Bundled(HtmlPage.class, file).read(HtmlPage::text);
    }

    private static String text(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Returns the page without its end, to append HTML as it is. */
    public StringBuilder html() {
        return html;
    }

    void heading(String text) {
        html.append("<h2>").append(escape(text)).append("</h2>\n");
    }

    void paragraph(String text) {
        html.append("<p>").append(escape(text)).append("</p>\n");
    }

    void curves(Plot plot, String name, String caption) {
        html.append(figure(plot, name, caption));
    }

    /** Returns curves or points: a still drawing, and the data for the script. */
    public static String figure(Plot plot, String name, String caption) {
        StringBuilder html = new StringBuilder("<figure class=\"curves\"><div class=\"still\">\n");
        html.append(SvgPlot.draw(plot, name)).append("<ul class=\"keys\">\n");
        for (Plot.Series series : plot.series()) {
            html.append("<li><svg class=\"key c")
                    .append(series.colour())
                    .append(" s")
                    .append(series.stroke())
                    .append("\" aria-hidden=\"true\">")
                    .append(series.mark().hasLine() ? "<line x2=\"26\" y1=\"5\" y2=\"5\"/>" : "")
                    .append(series.mark().hasPoints() ? "<circle cx=\"13\" cy=\"5\" r=\"4\"/>" : "")
                    .append("</svg>")
                    .append(escape(series.name()))
                    .append("</li>\n");
        }
        return html.append("</ul></div>\n<script type=\"application/json\">")
                .append(plot.json())
                .append("</script>\n<figcaption>")
                .append(escape(caption))
                .append("</figcaption></figure>\n")
                .toString();
    }

    public static String figure(Plot plot, String caption) {
        return figure(plot, caption, caption);
    }

    public static String figure(String svg, String caption) {
        return "<figure>" + svg + "<figcaption>" + escape(caption) + "</figcaption></figure>\n";
    }

    public void write(Path file) throws IOException {
        String footer = FOOTER + "Made by <code>" + escape(command) + "</code></footer>\n";
        AtomicFile.write(file, html + footer + "</body>\n</html>\n");
    }

    public static String dataUri(byte[] png) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
    }

    /** Returns a text with entities for what has a meaning in HTML. */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
