package dev.tram.experiments.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tram.experiments.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A chart of curves or points.
 *
 * @param x what the horizontal axis shows, with its unit
 * @param y what the vertical axis shows, with its unit
 * @param logX whether the horizontal axis is logarithmic
 * @param logY whether the vertical axis is logarithmic
 * @param series the curves and groups of points
 */
public record Plot(String x, String y, boolean logX, boolean logY, List<Series> series) {

    /** How many colours and strokes {@code report.css} has. */
    private static final int COLOURS = 7;

    private static final int STROKES = 3;

    /** How a series is drawn. */
    public enum Mark {
        /** A line through the points. */
        LINE,
        /** The points alone. */
        POINTS,
        /** A line with its points. */
        LINE_AND_POINTS;

        boolean hasLine() {
            return this != POINTS;
        }

        boolean hasPoints() {
            return this != LINE;
        }
    }

    /**
     * A curve or a group of points.
     *
     * @param x the horizontal values, ascending
     * @param y the vertical values, as many
     * @param colour which colour, from 0
     * @param stroke which stroke, from 0: solid, dashed, dotted
     */
    public record Series(
            String name, List<Double> x, List<Double> y, Mark mark, int colour, int stroke) {

        public Series {
            x = List.copyOf(x);
            y = List.copyOf(y);
            if (x.size() != y.size()) {
                throw new IllegalArgumentException(
                        "a series needs a y for each x, received: %s x, %s y"
                                .formatted(x.size(), y.size()));
            }
        }

        /**
         * Returns the curve with a number among others: first by colours, then by strokes.
         *
         * @param number its number, from 0
         * @param points the vertical values by the horizontal ones
         */
        public static Series of(
                int number, String name, SortedMap<Double, Double> points, Mark mark) {
            return new Series(
                    name,
                    List.copyOf(points.keySet()),
                    List.copyOf(points.values()),
                    mark,
                    number % COLOURS,
                    number / COLOURS % STROKES);
        }
    }

    /** What report.js knows of a series. */
    private record Shown(String name, int colour, int stroke, boolean line, boolean points) {}

    public Plot {
        series = List.copyOf(series);
    }

    /**
     * Draws the chart as a file of its own, each series named at its last point. Returns the
     * content of an SVG file.
     */
    public String toSvg(String name) {
        return SvgPlot.labelled(this, name);
    }

    /**
     * Returns what {@code report.js} draws: the horizontal values of all series, ascending, and for
     * each series a value or null for each of them.
     */
    String json() {
        SortedMap<Double, List<Double[]>> lines = new TreeMap<>();
        for (int i = 0; i < series.size(); i++) {
            Map<Double, Integer> seen = new LinkedHashMap<>();
            for (int k = 0; k < series.get(i).x().size(); k++) {
                double at = series.get(i).x().get(k);
                List<Double[]> sameX = lines.computeIfAbsent(at, key -> new ArrayList<>());
                int place = seen.merge(at, 1, Integer::sum);
                if (place > sameX.size()) {
                    sameX.add(new Double[series.size()]);
                }
                sameX.get(place - 1)[i] = series.get(i).y().get(k);
            }
        }
        List<List<Double>> columns = new ArrayList<>();
        for (int i = 0; i <= series.size(); i++) {
            columns.add(new ArrayList<>());
        }
        lines.forEach(
                (at, sameX) ->
                        sameX.forEach(
                                line -> {
                                    columns.get(0).add(at);
                                    for (int i = 0; i < line.length; i++) {
                                        columns.get(i + 1).add(line[i]);
                                    }
                                }));
        Map<String, Object> plot = new LinkedHashMap<>();
        plot.put("x", x);
        plot.put("y", y);
        plot.put("logX", logX);
        plot.put("logY", logY);
        plot.put(
                "series",
                series.stream()
                        .map(
                                one ->
                                        new Shown(
                                                one.name(),
                                                one.colour(),
                                                one.stroke(),
                                                one.mark().hasLine(),
                                                one.mark().hasPoints()))
                        .toList());
        plot.put("data", columns);
        try {
            return Json.MAPPER
                    .writer()
                    .without(com.fasterxml.jackson.databind.SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsString(plot)
                    .replace("<", "\\u003c");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
