package dev.tram.experiments.report;

import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.experiments.data.Bundled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
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
        html.append(
                resource("page.html")
                        .formatted(
                                escape(title),
                                upLot("dist/uPlot.min.css") + resource("report.css"),
                                upLot("LICENSE"),
                                upLot("dist/uPlot.iife.min.js") + resource("report.js")));
    }

    static String resource(String name) {
        return new Bundled(HtmlPage.class, name).text();
    }

    /** Reads a file of uPlot's webjar, whose folder bears its version. */
    private static String upLot(String name) {
        String file = "/" + new WebJarVersionLocator().fullPath("uplot", name);
        return new Bundled(HtmlPage.class, file).text();
    }

    /** Returns the page without its end, to append HTML as it is. */
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
        StringBuilder keys = new StringBuilder();
        for (Plot.Series series : plot.series()) {
            Plot.Mark mark = series.mark();
            keys.append(
                    "<li><svg class=\"key c%s s%s\" aria-hidden=\"true\">%s%s</svg>%s</li>\n"
                            .formatted(
                                    series.colour(),
                                    series.stroke(),
                                    mark.hasLine() ? "<line x2=\"26\" y1=\"5\" y2=\"5\"/>" : "",
                                    mark.hasPoints() ? "<circle cx=\"13\" cy=\"5\" r=\"4\"/>" : "",
                                    escape(series.name())));
        }
        return """
                <figure class="curves"><div class="still">
                %s<ul class="keys">
                %s</ul></div>
                <script type="application/json">%s</script>
                <figcaption>%s</figcaption></figure>
                """
                .formatted(SvgPlot.draw(plot, name), keys, plot.json(), escape(caption));
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
