package dev.tram.experiments.report;

import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.experiments.data.Bundled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.webjars.WebJarVersionLocator;

/**
 * An HTML file that needs nothing else: pictures, curves and the script that draws them anew are
 * inside. It is whole without the script, too.
 */
public final class HtmlPage {

    /** What follows the sections. */
    static final String FOOTER = "<footer>";

    private final StringBuilder html = new StringBuilder();
    private final String title;
    private final String command;

    public HtmlPage(String title, String command) {
        this.title = title;
        this.command = command;
    }

    static String resource(String name) {
        return new Bundled(HtmlPage.class, name).text();
    }

    /** Reads a file of uPlot's webjar, whose folder bears its version. */
    private static String upLot(String name) {
        String file = "/" + new WebJarVersionLocator().fullPath("uplot", name);
        return new Bundled(HtmlPage.class, file).text();
    }

    /** Returns the sections so far, to append HTML as it is. */
    public StringBuilder html() {
        return html;
    }

    public void heading(String text) {
        html.append("<h2>").append(escape(text)).append("</h2>\n");
    }

    public void subheading(String text) {
        html.append("<h3>").append(escape(text)).append("</h3>\n");
    }

    public void paragraph(String text) {
        html.append("<p>").append(escape(text)).append("</p>\n");
    }

    void curves(Plot plot, String name, String caption) {
        html.append(figure(plot, name, caption));
    }

    /** Returns curves or points: a still drawing, and the data for the script. */
    public static String figure(Plot plot, String name, String caption) {
        return Template.fill(
                "curves.html",
                Map.of(
                        "drawing", SvgPlot.draw(plot, name),
                        "series", plot.series(),
                        "json", plot.json(),
                        "caption", caption));
    }

    public static String figure(Plot plot, String caption) {
        return figure(plot, caption, caption);
    }

    public static String figure(String svg, String caption) {
        return "<figure>" + svg + "<figcaption>" + escape(caption) + "</figcaption></figure>\n";
    }

    public void write(Path file) throws IOException {
        String page =
                Template.fill(
                        "page.html",
                        Map.of(
                                "title",
                                title,
                                "style",
                                upLot("dist/uPlot.min.css") + resource("report.css"),
                                "licence",
                                upLot("LICENSE"),
                                "script",
                                upLot("dist/uPlot.iife.min.js") + resource("report.js"),
                                "sections",
                                html,
                                "command",
                                command));
        AtomicFile.write(file, page);
    }

    public static String dataUri(byte[] png) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
    }

    static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** Returns a text with entities for what has a meaning in HTML. */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
