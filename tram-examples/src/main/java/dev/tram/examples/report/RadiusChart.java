package dev.tram.examples.report;

import dev.tram.examples.experiment.Grid;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.statistics.MethodGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A figure over the mean ‖ε‖ of training, a line per method through its variants. */
final class RadiusChart {

    private RadiusChart() {}

    /**
     * Returns a figure over the radius.
     *
     * @param table the results
     * @param figure which of their measures is drawn
     * @return the lines; empty if no method has two variants that ascend
     */
    static Optional<Plot> of(ResultTable table, Measure figure) {
        List<Plot.Series> series = new ArrayList<>();
        lines(table, figure)
                .forEach(
                        (method, line) -> {
                            if (line.size() > 1) {
                                series.add(
                                        Plot.Series.of(
                                                series.size(),
                                                method,
                                                line,
                                                Plot.Mark.LINE_AND_POINTS));
                            }
                        });
        return series.isEmpty()
                ? Optional.empty()
                : Optional.of(new Plot("mean ‖ε‖", figure.title(), true, false, series));
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
