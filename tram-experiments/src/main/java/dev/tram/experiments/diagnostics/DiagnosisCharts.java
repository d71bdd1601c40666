package dev.tram.experiments.diagnostics;

import dev.tram.core.analysis.LossSurface;
import dev.tram.experiments.Results;
import dev.tram.experiments.report.HtmlPage;
import dev.tram.experiments.report.IntervalChart;
import dev.tram.experiments.report.Plot;
import dev.tram.experiments.statistics.MeanInterval;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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

    /** A figure of results, and what it is called beside others. */
    private record Series(String name, Results results, String figure) {}

    /** Returns means with 95 % intervals, of a figure of each domain that is shown. */
    static IntervalChart intervals(Results results, String what, String title) {
        String ending = Domains.name("", what);
        List<Series> domains = new ArrayList<>();
        for (String figure : Domains.shown(Figures.names(results))) {
            if (figure.endsWith(ending)) {
                String domain = figure.substring(0, figure.length() - ending.length());
                domains.add(new Series(domain, results, figure));
            }
        }
        return intervals(domains, title);
    }

    /**
     * Returns means with 95 % intervals, of one figure of several results.
     *
     * @param sides by title, the results
     */
    static IntervalChart intervals(Map<String, Results> sides, String figure) {
        List<Series> series = new ArrayList<>();
        sides.forEach((name, results) -> series.add(new Series(name, results, figure)));
        return intervals(series, figure);
    }

    /**
     * Rows by method and, where there are several series, by series. A missing figure has no row, a
     * single seed no interval.
     */
    private static IntervalChart intervals(List<Series> all, String title) {
        List<String> methods =
                all.stream()
                        .flatMap(series -> series.results.methods().keySet().stream())
                        .distinct()
                        .toList();
        List<IntervalChart.Row> rows = new ArrayList<>();
        for (String method : methods) {
            for (int i = 0; i < all.size(); i++) {
                Series series = all.get(i);
                MeanInterval found = Figures.interval(series.results, method, series.figure);
                if (Double.isFinite(found.mean())) {
                    rows.add(
                            new IntervalChart.Row(
                                    all.size() == 1 ? method : method + ", " + series.name,
                                    found.mean(),
                                    found.halfWidth(),
                                    found.inWords(Figures::rounded),
                                    i % 7));
                }
            }
        }
        return new IntervalChart(title, rows, Optional.empty());
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
        StringBuilder cells = new StringBuilder();
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                double loss = plane.losses().get(i).get(j);
                cells.append(
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
            cells.append(text(MARGIN + middle, edge + 14, "middle", at));
            cells.append(text(MARGIN - 6, edge - middle + 4, "end", at));
        }
        return """
                <svg class="map" role="img" viewBox="0 0 %s %s" aria-label="%s">
                %s</svg>
                """
                .formatted(edge + MARGIN + CELL, edge + MARGIN, HtmlPage.escape(name), cells);
    }

    private static String text(int x, int y, String anchor, String text) {
        return "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>%n"
                .formatted(x, y, anchor, text);
    }

    /** Returns a colour between dark, 0, and light, 1; grey where there is no number. */
    private static String colour(double share) {
        if (!Double.isFinite(share)) {
            return "#888888";
        }
        double place = Math.min(Math.max(share, 0), 1) * (RANGE.length - 1);
        int below = Math.min((int) place, RANGE.length - 2);
        double weight = place - below;
        StringBuilder colour = new StringBuilder("#");
        for (int i = 0; i < 3; i++) {
            double part = RANGE[below][i] * (1 - weight) + RANGE[below + 1][i] * weight;
            colour.append(String.format(Locale.ROOT, "%02x", Math.round(part)));
        }
        return colour.toString();
    }
}
