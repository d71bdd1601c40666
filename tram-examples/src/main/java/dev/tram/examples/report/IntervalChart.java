package dev.tram.examples.report;

import static dev.tram.examples.report.HtmlPage.escape;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * Means with their intervals, a row per method, on one scale. Its rows are text with a strip beside
 * it, so that it is as readable on a narrow page as on a wide one.
 *
 * @param title what the values are, with their unit
 * @param base the row whose interval is drawn behind all others; empty for none
 */
public record IntervalChart(String title, List<Row> rows, Optional<String> base) {

    private static final double PERCENT = 100;

    /**
     * A row.
     *
     * @param mean the mean; NaN where there is none
     * @param half the half width of the interval; NaN where there is none
     * @param colour which colour, from 0
     */
    public record Row(String name, double mean, double half, String text, int colour) {

        private double low() {
            return Double.isFinite(half) ? mean - half : mean;
        }

        private double high() {
            return Double.isFinite(half) ? mean + half : mean;
        }
    }

    public IntervalChart {
        rows = List.copyOf(rows);
    }

    public String toHtml(String caption) {
        Axis axis =
                Axis.around(
                        rows.stream()
                                .flatMapToDouble(row -> DoubleStream.of(row.low(), row.high())),
                        false);
        StringBuilder html = new StringBuilder("<figure class=\"intervals\">\n<ul aria-label=\"");
        html.append(escape(title)).append("\">\n");
        for (Row row : rows) {
            append(html, axis, row);
        }
        html.append("</ul>\n");
        scale(html, axis);
        return html.append("<figcaption>")
                .append(escape(caption))
                .append("</figcaption></figure>\n")
                .toString();
    }

    private void append(StringBuilder html, Axis axis, Row row) {
        boolean isBase = base.filter(row.name()::equals).isPresent();
        html.append(isBase ? "<li class=\"base\">" : "<li>");
        html.append("<span class=\"name\">").append(escape(row.name())).append("</span>");
        html.append("<svg class=\"strip\" aria-hidden=\"true\"><title>");
        html.append(escape(row.name() + ": " + row.text())).append("</title>");
        rows.stream()
                .filter(other -> base.filter(other.name()::equals).isPresent())
                .forEach(other -> html.append(band(axis, other)));
        if (Double.isFinite(row.mean())) {
            html.append(mark(axis, row));
        }
        html.append("</svg><span class=\"value\">").append(escape(row.text()));
        html.append("</span></li>\n");
    }

    private static String band(Axis axis, Row base) {
        double from = PERCENT * axis.at(base.low());
        double width = Math.max(0.3, PERCENT * axis.at(base.high()) - from);
        return Double.isFinite(from)
                ? format(
                        "<rect class=\"band\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"/>",
                        from, width)
                : "";
    }

    private static String mark(Axis axis, Row row) {
        return format(
                "<g class=\"c%d\"><line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"50%%\" y2=\"50%%\"/>"
                        + "<circle cx=\"%.2f%%\" cy=\"50%%\" r=\"5\"/></g>",
                row.colour(),
                PERCENT * axis.at(row.low()),
                PERCENT * axis.at(row.high()),
                PERCENT * axis.at(row.mean()));
    }

    /** The scale's ends and middle: as many marks as fit on a narrow page. */
    private void scale(StringBuilder html, Axis axis) {
        List<Double> marks = axis.marks();
        html.append("<div class=\"scale\" aria-hidden=\"true\"><span class=\"name\">");
        html.append(escape(title)).append("</span><span class=\"marks\">");
        int every = Math.max(1, (marks.size() + 1) / 3);
        for (int i = 0; i < marks.size(); i += every) {
            html.append(
                    format(
                            "<span style=\"left:%.2f%%\">%s</span>",
                            PERCENT * axis.at(marks.get(i)), Axis.label(marks.get(i))));
        }
        html.append("</span></div>\n");
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
