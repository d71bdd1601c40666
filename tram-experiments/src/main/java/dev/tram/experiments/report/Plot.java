package dev.tram.experiments.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.tram.experiments.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A chart of curves or points. As JSON it is what {@code report.js} draws.
 *
 * @param x what the horizontal axis shows, with its unit
 * @param y what the vertical axis shows, with its unit
 * @param logX whether the horizontal axis is logarithmic
 * @param logY whether the vertical axis is logarithmic
 * @param series the curves and groups of points
 */
public record Plot(
        String x,
        String y,
        @JsonProperty("logX") boolean logX,
        @JsonProperty("logY") boolean logY,
        List<Series> series) {

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
    @JsonIgnoreProperties({"x", "y"})
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

    /** A horizontal value, and of a series' points there the number, from 1. */
    private record Place(double x, int number) {}

    public Plot {
        series = List.copyOf(series);
    }

    /**
     * Draws the chart as a file of its own, each series named at its last point. Returns the
     * content of an SVG file.
     */
    public String toSvg(String name) {
        return SvgPlot.file(this, name, true);
    }

    /**
     * Returns the horizontal values of all series, ascending, and for each series a value or null
     * for each of them.
     */
    @JsonProperty
    List<List<Double>> data() {
        SortedMap<Place, Double[]> lines =
                new TreeMap<>(Comparator.comparing(Place::x).thenComparing(Place::number));
        for (int i = 0; i < series.size(); i++) {
            Map<Double, Integer> seen = new HashMap<>();
            for (int k = 0; k < series.get(i).x().size(); k++) {
                double at = series.get(i).x().get(k);
                Place place = new Place(at, seen.merge(at, 1, Integer::sum));
                lines.computeIfAbsent(place, key -> new Double[series.size()])[i] =
                        series.get(i).y().get(k);
            }
        }
        List<List<Double>> columns = new ArrayList<>();
        columns.add(lines.keySet().stream().map(Place::x).toList());
        for (int i = 0; i < series.size(); i++) {
            int column = i;
            columns.add(lines.values().stream().map(line -> line[column]).toList());
        }
        return columns;
    }

    String json() {
        try {
            return Json.MAPPER.writeValueAsString(this).replace("<", "\\u003c");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
