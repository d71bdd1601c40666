package dev.tram.examples.report;

import dev.tram.examples.experiment.StepRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Curves over training: per method the mean over its runs. */
final class Curves {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 420;

    private Curves() {}

    /**
     * Draws a figure over steps.
     *
     * @param steps per method, the steps of each of its runs
     * @param title what the vertical axis shows, with its unit
     * @param figure the figure of a step; NaN where it has none
     * @param window over how many steps a value is averaged, 1 for none
     * @param logarithmic whether the vertical axis is
     * @return a PNG picture; empty if no method has the figure
     */
    static Optional<byte[]> draw(
            Map<String, List<List<StepRecord>>> steps,
            String title,
            ToDoubleFunction<StepRecord> figure,
            int window,
            boolean logarithmic)
            throws IOException {
        XYChart chart =
                new XYChartBuilder()
                        .width(WIDTH)
                        .height(HEIGHT)
                        .xAxisTitle("step")
                        .yAxisTitle(title)
                        .build();
        ChartStyle.apply(chart.getStyler());
        chart.getStyler().setYAxisLogarithmic(logarithmic);
        if (logarithmic) {
            chart.getStyler().setYAxisDecimalPattern("0E0");
        }
        int index = 0;
        for (Map.Entry<String, List<List<StepRecord>>> method : steps.entrySet()) {
            Map<Integer, Double> curve = curve(method.getValue(), figure, window, logarithmic);
            if (!curve.isEmpty()) {
                XYSeries series =
                        chart.addSeries(
                                method.getKey(),
                                new ArrayList<>(curve.keySet()),
                                new ArrayList<>(curve.values()));
                series.setLineColor(ChartStyle.colour(index));
                series.setLineStyle(ChartStyle.stroke(index));
                series.setMarker(SeriesMarkers.NONE);
            }
            index++;
        }
        return chart.getSeriesMap().isEmpty()
                ? Optional.empty()
                : Optional.of(BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
    }

    /** The mean over runs of each step that has the figure, averaged over the window. */
    private static Map<Integer, Double> curve(
            List<List<StepRecord>> runs,
            ToDoubleFunction<StepRecord> figure,
            int window,
            boolean positive) {
        Map<Integer, List<Double>> values = new TreeMap<>();
        for (List<StepRecord> run : runs) {
            for (StepRecord step : run) {
                double value = figure.applyAsDouble(step);
                if (Double.isFinite(value) && (!positive || value > 0)) {
                    int at = (step.step() - 1) / window * window + (window + 1) / 2;
                    values.computeIfAbsent(at, key -> new ArrayList<>()).add(value);
                }
            }
        }
        Map<Integer, Double> curve = new TreeMap<>();
        values.forEach(
                (step, found) ->
                        curve.put(
                                step, found.stream().mapToDouble(v -> v).average().orElseThrow()));
        return curve;
    }
}
