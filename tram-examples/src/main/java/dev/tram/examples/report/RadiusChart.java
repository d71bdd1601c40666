package dev.tram.examples.report;

import dev.tram.examples.experiment.Grid;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.statistics.MethodGroup;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;

/** A figure over the mean ‖ε‖ of training, a line per method through its variants. */
final class RadiusChart {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 420;

    private RadiusChart() {}

    /**
     * Draws a figure over the radius.
     *
     * @param table the results
     * @param figure which of their measures is drawn
     * @return a PNG picture; empty if no method has two variants that ascend
     */
    static Optional<byte[]> draw(ResultTable table, Measure figure) throws IOException {
        XYChart chart =
                new XYChartBuilder()
                        .width(WIDTH)
                        .height(HEIGHT)
                        .xAxisTitle("mean ‖ε‖")
                        .yAxisTitle(figure.title())
                        .build();
        ChartStyle.apply(chart.getStyler());
        chart.getStyler().setXAxisLogarithmic(true);
        int index = 0;
        for (Map.Entry<String, SortedMap<Double, Double>> line : lines(table, figure).entrySet()) {
            if (line.getValue().size() > 1) {
                XYSeries series =
                        chart.addSeries(
                                line.getKey(),
                                line.getValue().keySet().stream().toList(),
                                line.getValue().values().stream().toList());
                series.setLineColor(ChartStyle.colour(index));
                series.setMarkerColor(ChartStyle.colour(index));
                series.setLineStyle(ChartStyle.stroke(index++));
            }
        }
        return chart.getSeriesMap().isEmpty()
                ? Optional.empty()
                : Optional.of(BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG));
    }

    /** By method, the figure by mean ‖ε‖; variants that do not ascend are left out. */
    static Map<String, SortedMap<Double, Double>> lines(ResultTable table, Measure figure) {
        Map<String, SortedMap<Double, Double>> lines = new LinkedHashMap<>();
        for (ResultTable.Row row : table.rows()) {
            double radius = mean(table, row, Grid.PERTURBATION);
            double value = mean(table, row, figure);
            if (radius > 0 && Double.isFinite(value)) {
                lines.computeIfAbsent(MethodGroup.methodOf(row.method()), key -> new TreeMap<>())
                        .put(radius, value);
            }
        }
        return lines;
    }

    /** A row's mean, or NaN where the table does not have the measure. */
    private static double mean(ResultTable table, ResultTable.Row row, Measure measure) {
        int column = table.measures().indexOf(measure);
        return column < 0 ? Double.NaN : row.cells().get(column).mean();
    }
}
