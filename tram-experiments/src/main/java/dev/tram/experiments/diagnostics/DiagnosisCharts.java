package dev.tram.experiments.diagnostics;

import dev.tram.core.analysis.LossSurface;
import dev.tram.experiments.Results;
import dev.tram.experiments.report.HtmlPage;
import dev.tram.experiments.report.IntervalChart;
import dev.tram.experiments.report.Plot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Charts of what was found. */
final class DiagnosisCharts {

    private static final int CELL = 12;
    private static final int MARGIN = 34;

    /** From dark to light, evenly in brightness: cividis, for the colour-blind too. */
    private static final int[][] RANGE = {
        {0x00, 0x22, 0x4E}, {0x57, 0x5D, 0x6D}, {0xA5, 0x9C, 0x74}, {0xFE, 0xE8, 0x38}
    };

    private DiagnosisCharts() {}

    /**
     * Returns means with 95 % intervals, by method and, where there are several series, by series.
     * A missing figure has no row, a single seed no interval.
     *
     * @param series by title, the results it shows
     */
    static IntervalChart intervals(
            Map<String, Results> series, Map<String, String> figure, String title) {
        Set<String> methods = new LinkedHashSet<>();
        series.values().forEach(results -> methods.addAll(results.methods().keySet()));
        List<IntervalChart.Row> rows = new ArrayList<>();
        for (String method : methods) {
            int number = 0;
            for (Map.Entry<String, Results> entry : series.entrySet()) {
                String name = figure.get(entry.getKey());
                double mean = entry.getValue().mean(method, name);
                if (Double.isFinite(mean)) {
                    double half = entry.getValue().ci95(method, name);
                    rows.add(
                            new IntervalChart.Row(
                                    series.size() == 1 ? method : method + ", " + entry.getKey(),
                                    mean,
                                    half,
                                    text(mean, half),
                                    number % 7));
                }
                number++;
            }
        }
        return new IntervalChart(title, rows, Optional.empty());
    }

    private static String text(double mean, double half) {
        return Double.isFinite(half)
                ? Figures.rounded(mean) + " ± " + Figures.rounded(half)
                : Figures.rounded(mean);
    }

    /** Returns means with 95 % intervals, of a figure of each domain. */
    static IntervalChart intervals(
            Results results, List<String> domains, String what, String title) {
        Map<String, Results> series = new LinkedHashMap<>();
        Map<String, String> figures = new LinkedHashMap<>();
        for (String domain : domains) {
            series.put(domain, results);
            figures.put(domain, Domains.name(domain, what));
        }
        return intervals(series, figures, title);
    }

    /** Returns means with 95 % intervals, of one figure of several results. */
    static IntervalChart intervals(Map<String, Results> series, String figure) {
        Map<String, String> figures = new LinkedHashMap<>();
        series.keySet().forEach(name -> figures.put(name, figure));
        return intervals(series, figures, figure);
    }

    /** Returns losses along a line, a curve per name. */
    static Plot lines(Map<String, LossSurface.Line> lines) {
        List<Plot.Series> series = new ArrayList<>();
        lines.forEach(
                (name, line) -> {
                    TreeMap<Double, Double> points = new TreeMap<>();
                    for (int i = 0; i < line.losses().size(); i++) {
                        points.put(line.coordinates().get(i), line.losses().get(i));
                    }
                    series.add(Plot.Series.of(series.size(), name, points, Plot.Mark.LINE));
                });
        return new Plot("step along the direction, in filter norms", "loss", false, false, series);
    }

    /**
     * Draws losses on a plane as SVG, a cell per point.
     *
     * @param lowest the loss of the darkest colour
     * @param highest the loss of the lightest
     */
    static String map(LossSurface.Plane plane, String name, double lowest, double highest) {
        int size = plane.coordinates().size();
        int edge = size * CELL;
        StringBuilder svg = new StringBuilder();
        svg.append("<svg class=\"map\" role=\"img\" viewBox=\"0 0 ")
                .append(edge + MARGIN + CELL)
                .append(' ')
                .append(edge + MARGIN)
                .append("\" aria-label=\"")
                .append(HtmlPage.escape(name))
                .append("\">\n");
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                double loss = plane.losses().get(i).get(j);
                svg.append(
                        String.format(
                                Locale.ROOT,
                                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\">"
                                        + "<title>%s</title></rect>%n",
                                MARGIN + i * CELL,
                                edge - (j + 1) * CELL,
                                CELL,
                                CELL,
                                colour((loss - lowest) / (highest - lowest)),
                                Figures.rounded(loss)));
            }
        }
        for (int i : new int[] {0, size / 2, size - 1}) {
            int middle = i * CELL + CELL / 2;
            String at = String.format(Locale.ROOT, "%.1f", plane.coordinates().get(i));
            svg.append(text(MARGIN + middle, edge + 14, "middle", at));
            svg.append(text(MARGIN - 6, edge - middle + 4, "end", at));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String text(int x, int y, String anchor, String text) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
                x,
                y,
                anchor,
                text);
    }

    /** Returns a colour between dark, 0, and light, 1; grey where there is no number. */
    private static String colour(double part) {
        if (!Double.isFinite(part)) {
            return "#888888";
        }
        double place = Math.min(Math.max(part, 0), 1) * (RANGE.length - 1);
        int below = Math.min((int) place, RANGE.length - 2);
        int[] rgb = new int[3];
        for (int i = 0; i < 3; i++) {
            double weight = place - below;
            rgb[i] =
                    (int) Math.round(RANGE[below][i] * (1 - weight) + RANGE[below + 1][i] * weight);
        }
        return String.format(Locale.ROOT, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    }
}
