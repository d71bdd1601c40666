package dev.tram.experiments.report;

import static dev.tram.experiments.report.HtmlPage.escape;
import static dev.tram.experiments.report.HtmlPage.format;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
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

    public String toHtml(String caption) {
        Axis axis =
                Axis.around(
                        rows.stream().flatMapToDouble(r -> DoubleStream.of(r.low(), r.high())),
                        false);
        return """
                <figure class="intervals">
                <ul aria-label="%s">
                %s</ul>
                %s<figcaption>%s</figcaption></figure>
                """
                .formatted(
                        escape(title),
                        rows.stream().map(row -> item(axis, row)).collect(Collectors.joining()),
                        scale(axis),
                        escape(caption));
    }

    private String item(Axis axis, Row row) {
        String bands =
                rows.stream()
                        .filter(this::isBase)
                        .map(other -> band(axis, other))
                        .collect(Collectors.joining());
        return """
                <li%s><span class="name">%s</span><svg class="strip" aria-hidden="true"><title>%s\
                </title>%s%s</svg><span class="value">%s</span></li>
                """
                .formatted(
                        isBase(row) ? " class=\"base\"" : "",
                        escape(row.name()),
                        escape(row.name() + ": " + row.text()),
                        bands,
                        Double.isFinite(row.mean()) ? mark(axis, row) : "",
                        escape(row.text()));
    }

    private boolean isBase(Row row) {
        return base.filter(row.name()::equals).isPresent();
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
    private String scale(Axis axis) {
        List<Double> marks = axis.marks();
        int every = Math.max(1, (marks.size() + 1) / 3);
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < marks.size(); i += every) {
            double mark = marks.get(i);
            String left = format("left:%.2f%%", PERCENT * axis.at(mark));
            shown.append("<span style=\"%s\">%s</span>".formatted(left, Axis.label(mark)));
        }
        return """
                <div class="scale" aria-hidden="true"><span class="name">%s</span>\
                <span class="marks">%s</span></div>
                """
                .formatted(escape(title), shown);
    }
}
