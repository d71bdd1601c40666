package dev.tram.examples.diagnostics;

import dev.tram.core.analysis.LossSurface;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.report.ChartStyle;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Pictures of what was found, as PNG. */
final class Charts {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 380;
    private static final int MAP = 300;
    private static final double MARGIN = 0.05;

    /** From dark to light, evenly in brightness: cividis, for the colour-blind too. */
    private static final Color[] RANGE = {
        new Color(0x00224E), new Color(0x575D6D), new Color(0xA59C74), new Color(0xFEE838)
    };

    private Charts() {}

    /**
     * Draws bars per method with 95 % intervals. A missing figure has no bar, a single seed no
     * interval.
     *
     * @param series by the legend's entry, the results it shows
     * @param figure which figure of the results
     * @param title what the vertical axis shows
     */
    static byte[] bars(Map<String, Results> series, Map<String, String> figure, String title)
            throws IOException {
        CategoryChart chart =
                new CategoryChartBuilder().width(WIDTH).height(HEIGHT).yAxisTitle(title).build();
        ChartStyle.apply(chart.getStyler());
        chart.getStyler().setAvailableSpaceFill(0.7).setXAxisLabelRotation(30);
        Set<String> methods = new LinkedHashSet<>();
        series.values().forEach(results -> methods.addAll(results.methods().keySet()));
        List<Double> ends = new ArrayList<>();
        int index = 0;
        for (Map.Entry<String, Results> entry : series.entrySet()) {
            String name = figure.get(entry.getKey());
            List<Double> means =
                    values(methods, entry.getValue(), found -> Figures.number(found.mean(), name));
            List<Double> halves =
                    values(methods, entry.getValue(), found -> Figures.number(found.ci95(), name));
            for (int i = 0; i < means.size(); i++) {
                double half = Double.isFinite(halves.get(i)) ? halves.get(i) : 0;
                ends.add(means.get(i) - half);
                ends.add(means.get(i) + half);
            }
            CategorySeries bars =
                    chart.addSeries(entry.getKey(), List.copyOf(methods), means, halves);
            bars.setFillColor(ChartStyle.colour(index++));
        }
        fit(chart, ends);
        return png(chart);
    }

    /** Draws bars per method with 95 % intervals, of a figure of each domain. */
    static byte[] bars(Results results, List<String> domains, String what, String title)
            throws IOException {
        Map<String, Results> series = new LinkedHashMap<>();
        Map<String, String> figures = new LinkedHashMap<>();
        for (String domain : domains) {
            series.put(domain, results);
            figures.put(domain, Domains.name(domain, what));
        }
        return bars(series, figures, title);
    }

    /** Draws bars per method with 95 % intervals, of one figure of several results. */
    static byte[] bars(Map<String, Results> series, String figure) throws IOException {
        Map<String, String> figures = new LinkedHashMap<>();
        series.keySet().forEach(name -> figures.put(name, figure));
        return bars(series, figures, figure);
    }

    /** A figure that is not there has no bar, one without an interval no mark for it. */
    private static List<Double> values(
            Set<String> methods, Results results, Function<Results.MethodResults, Double> value) {
        return methods.stream()
                .map(method -> results.methods().get(method))
                .map(found -> found == null ? Double.valueOf(Double.NaN) : value.apply(found))
                .toList();
    }

    /** XChart leaves bars without an interval out of account. */
    private static void fit(CategoryChart chart, List<Double> ends) {
        double[] finite = ends.stream().mapToDouble(end -> end).filter(Double::isFinite).toArray();
        double lowest = Math.min(0, Arrays.stream(finite).min().orElse(0));
        double highest = Math.max(0, Arrays.stream(finite).max().orElse(1));
        double margin = MARGIN * Math.max(highest - lowest, Double.MIN_NORMAL);
        chart.getStyler().setYAxisMin(lowest < 0 ? lowest - margin : 0);
        chart.getStyler().setYAxisMax(highest + margin);
    }

    /** Draws losses along a line, a curve per name. */
    static byte[] lines(Map<String, LossSurface.Line> lines) throws IOException {
        XYChart chart =
                new XYChartBuilder()
                        .width(WIDTH)
                        .height(HEIGHT)
                        .xAxisTitle("step along the direction, in filter norms")
                        .yAxisTitle("loss")
                        .build();
        ChartStyle.apply(chart.getStyler());
        int index = 0;
        for (Map.Entry<String, LossSurface.Line> entry : lines.entrySet()) {
            XYSeries series =
                    chart.addSeries(
                            entry.getKey(),
                            entry.getValue().coordinates(),
                            entry.getValue().losses());
            series.setLineColor(ChartStyle.colour(index));
            series.setLineStyle(ChartStyle.stroke(index++));
            series.setMarker(SeriesMarkers.NONE);
        }
        return png(chart);
    }

    /**
     * Draws losses on a plane.
     *
     * @param plane the losses
     * @param title what it is of
     * @param lowest the loss of the darkest colour
     * @param highest the loss of the lightest
     */
    static byte[] map(LossSurface.Plane plane, String title, double lowest, double highest)
            throws IOException {
        HeatMapChart chart = new HeatMapChartBuilder().width(MAP).height(MAP).title(title).build();
        chart.getStyler()
                .setRangeColors(RANGE)
                .setMin(lowest)
                .setMax(highest)
                .setChartBackgroundColor(Color.WHITE)
                .setChartTitleBoxVisible(false)
                .setLegendVisible(false)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
        chart.getStyler().setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
        chart.getStyler().setPlotContentSize(1);
        int size = plane.coordinates().size();
        List<String> labels =
                IntStream.range(0, size).mapToObj(i -> tick(plane.coordinates(), i)).toList();
        List<Number[]> cells = new ArrayList<>();
        IntStream.range(0, size * size)
                .forEach(
                        i ->
                                cells.add(
                                        new Number[] {
                                            i / size,
                                            i % size,
                                            plane.losses().get(i / size).get(i % size)
                                        }));
        chart.addSeries("loss", labels, labels, cells);
        return png(chart);
    }

    /** The coordinate at both ends and in the middle, otherwise a blank that no other tick has. */
    private static String tick(List<Double> coordinates, int i) {
        int last = coordinates.size() - 1;
        return i == 0 || i == last || 2 * i == last
                ? String.format(Locale.ROOT, "%.1f", coordinates.get(i))
                : " ".repeat(i);
    }

    private static byte[] png(Chart<?, ?> chart) throws IOException {
        return BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG);
    }
}
