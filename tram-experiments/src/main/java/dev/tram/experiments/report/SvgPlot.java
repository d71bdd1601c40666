package dev.tram.experiments.report;

import static dev.tram.experiments.report.HtmlPage.escape;
import static dev.tram.experiments.report.HtmlPage.format;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/** A plot as SVG. Its colours are classes, so that a page's stylesheet decides them. */
final class SvgPlot {

    /** What a file of its own needs, and a page does not. */
    private static final String NAMESPACE = " xmlns=\"http://www.w3.org/2000/svg\"";

    private static final int WIDTH = 720;
    private static final int HEIGHT = 360;
    private static final int LEFT = 72;
    private static final int RIGHT = 12;
    private static final int TOP = 12;
    private static final int BOTTOM = 48;
    private static final int POINT = 4;

    /** The room of a label's letter and line, and how far above its point it stands. */
    private static final double LETTER = 7.5;

    private static final int LINE = 14;
    private static final int GAP = 7;

    private final Plot plot;
    private final Axis x;
    private final Axis y;
    private final boolean isLabelled;
    private final StringBuilder svg = new StringBuilder();
    private final List<Label> labels = new ArrayList<>();

    private record Label(double from, double to, double baseline) {

        boolean isClearOf(Label other) {
            return from >= other.to
                    || other.from >= to
                    || Math.abs(other.baseline - baseline) >= LINE;
        }
    }

    private SvgPlot(Plot plot, boolean isLabelled) {
        this.plot = plot;
        this.isLabelled = isLabelled;
        x = Axis.around(values(plot, Plot.Series::x), plot.logX());
        y = Axis.around(values(plot, Plot.Series::y), plot.logY());
    }

    private static DoubleStream values(Plot plot, Function<Plot.Series, List<Double>> axis) {
        return plot.series().stream().map(axis).flatMap(List::stream).mapToDouble(v -> v);
    }

    static String draw(Plot plot, String name) {
        return new SvgPlot(plot, false).draw(name, "", "");
    }

    /**
     * Draws a plot as a file of its own, with colours for light and dark pages.
     *
     * @param isLabelled whether each series is named at its last point
     */
    static String file(Plot plot, String name, boolean isLabelled) {
        String style = "<style>" + escape(HtmlPage.resource("plot.css")) + "</style>";
        return new SvgPlot(plot, isLabelled).draw(name, NAMESPACE, style);
    }

    private String draw(String name, String namespace, String style) {
        append(
                "<svg%s class=\"plot\" role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"%s\">%s\n",
                namespace, WIDTH, HEIGHT, escape(name), style);
        axes();
        plot.series().forEach(this::series);
        return svg.append("</svg>\n").toString();
    }

    private void axes() {
        int bottom = HEIGHT - BOTTOM;
        int right = WIDTH - RIGHT;
        for (double mark : x.marks()) {
            line(left(mark), TOP, left(mark), bottom);
            text(left(mark), bottom + 18, "middle", Axis.label(mark));
        }
        for (double mark : y.marks()) {
            line(LEFT, top(mark), right, top(mark));
            text(LEFT - 8, top(mark) + 4, "end", Axis.label(mark));
        }
        text((LEFT + right) / 2.0, HEIGHT - 8, "middle", plot.x());
        append("<g transform=\"translate(14 %d) rotate(-90)\">", (TOP + bottom) / 2);
        text(0, 0, "middle", plot.y());
        svg.append("</g>\n");
    }

    private void line(double x1, double y1, double x2, double y2) {
        append(
                "<line class=\"rule\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
                x1, y1, x2, y2);
    }

    private void text(double at, double baseline, String anchor, String text) {
        append(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
                at, baseline, anchor, escape(text));
    }

    private void series(Plot.Series series) {
        StringJoiner line = new StringJoiner(" ");
        StringBuilder points = new StringBuilder();
        double left = Double.NaN;
        double top = Double.NaN;
        for (int i = 0; i < series.x().size(); i++) {
            left = left(series.x().get(i));
            top = top(series.y().get(i));
            if (Double.isFinite(left) && Double.isFinite(top)) {
                line.add(format("%.1f,%.1f", left, top));
                points.append(
                        format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/>", left, top, POINT));
            }
        }
        append(
                "<g class=\"c%d s%d\"><title>%s</title>%s%s",
                series.colour(),
                series.stroke(),
                escape(series.name()),
                series.mark().hasLine() ? "<polyline points=\"" + line + "\"/>" : "",
                series.mark().hasPoints() ? points : "");
        if (isLabelled) {
            label(left, top, series.name());
        }
        svg.append("</g>\n");
    }

    /** Names a point, in the series' colour and away from the names before. */
    private void label(double left, double top, String name) {
        double width = LETTER * name.length();
        boolean isFarRight = left + width > WIDTH;
        double from = isFarRight ? left - width : left;
        double above = top - GAP;
        Label label = new Label(from, from + width, above);
        for (int tries = 1; !labels.stream().allMatch(label::isClearOf); tries++) {
            // By turns below and above, ever farther away.
            double shift = (tries % 2 == 0 ? -LINE : LINE) * ((tries + 1) / 2);
            label = new Label(from, from + width, above + shift);
        }
        labels.add(label);
        append(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" style=\"fill: var(--c)\">%s</text>",
                left, label.baseline, isFarRight ? "end" : "start", escape(name));
    }

    private double left(double value) {
        return LEFT + x.at(value) * (WIDTH - LEFT - RIGHT);
    }

    private double top(double value) {
        return HEIGHT - BOTTOM - y.at(value) * (HEIGHT - TOP - BOTTOM);
    }

    private void append(String format, Object... values) {
        svg.append(format(format, values));
    }
}
