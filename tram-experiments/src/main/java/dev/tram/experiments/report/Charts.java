package dev.tram.experiments.report;

import dev.tram.experiments.Grid;
import dev.tram.experiments.Measure;
import dev.tram.experiments.StepRecord;
import dev.tram.experiments.statistics.MethodGroup;
import dev.tram.experiments.statistics.Transfer;
import dev.tram.experiments.statistics.Trend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The charts of a report: curves over training, figures over radii, and domains over each other.
 */
final class Charts {

    private static final int PRIOR = 0;
    private static final int TRAM = 2;
    private static final int DASHED = 1;
    private static final int DOTTED = 2;

    private Charts() {}

    /**
     * Returns a figure over steps.
     *
     * @param steps per method, the steps of each of its runs
     * @param title what the vertical axis shows, with its unit
     * @param figure the figure of a step; NaN where it has none
     * @param window over how many steps a value is averaged, 1 for none
     * @param logarithmic whether the vertical axis is
     * @return the curves; empty if no method has the figure
     */
    static Optional<Plot> curves(
            Map<String, List<List<StepRecord>>> steps,
            String title,
            ToDoubleFunction<StepRecord> figure,
            int window,
            boolean logarithmic) {
        List<Plot.Series> curves = new ArrayList<>();
        int number = 0;
        for (String method : steps.keySet()) {
            SortedMap<Double, Double> curve = curve(steps.get(method), figure, window, logarithmic);
            if (!curve.isEmpty()) {
                curves.add(Plot.Series.of(number, method, curve, Plot.Mark.LINE));
            }
            number++;
        }
        return Optional.of(new Plot("step", title, false, logarithmic, curves))
                .filter(plot -> !curves.isEmpty());
    }

    /** The mean over runs of each step that has the figure, averaged over the window. */
    private static SortedMap<Double, Double> curve(
            List<List<StepRecord>> runs,
            ToDoubleFunction<StepRecord> figure,
            int window,
            boolean positive) {
        return runs.stream()
                .flatMap(List::stream)
                .filter(step -> Double.isFinite(figure.applyAsDouble(step)))
                .filter(step -> !positive || figure.applyAsDouble(step) > 0)
                .collect(
                        Collectors.groupingBy(
                                step -> middle(step.step(), window),
                                TreeMap::new,
                                Collectors.averagingDouble(figure)));
    }

    /** The step in the middle of another one's window. */
    private static double middle(int step, int window) {
        return (step - 1) / window * window + (window + 1) / 2;
    }

    /**
     * Returns a figure over the radius: the lines; empty if no method has two variants that ascend.
     */
    static Optional<Plot> radius(ResultTable table, Measure figure) {
        List<Plot.Series> lines = new ArrayList<>();
        radii(table, figure)
                .forEach(
                        (method, line) -> {
                            if (line.size() > 1) {
                                lines.add(
                                        Plot.Series.of(
                                                lines.size(),
                                                method,
                                                line,
                                                Plot.Mark.LINE_AND_POINTS));
                            }
                        });
        return Optional.of(new Plot("mean ‖ε‖", figure.title(), true, false, lines))
                .filter(plot -> !lines.isEmpty());
    }

    /** By method, the figure by mean ‖ε‖; variants that do not ascend are left out. */
    static Map<String, SortedMap<Double, Double>> radii(ResultTable table, Measure figure) {
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

    /** Returns a panel's points and trends. */
    static Plot scatter(String training, Transfer.Panel panel) {
        List<Transfer.Point> points =
                panel.points().stream()
                        .sorted(Comparator.comparingDouble(Transfer.Point::x))
                        .toList();
        List<Plot.Series> series = new ArrayList<>();
        points(series, points, false, "prior work", PRIOR);
        points(series, points, true, "TRAM", TRAM);
        trend(series, points, panel.prior(), "trend of prior work", PRIOR, DOTTED);
        trend(series, points, panel.tram(), "trend of TRAM", TRAM, DASHED);
        return new Plot(training, panel.domain(), false, false, series);
    }

    private static void points(
            List<Plot.Series> series,
            List<Transfer.Point> all,
            boolean isTram,
            String name,
            int colour) {
        List<Transfer.Point> points =
                all.stream().filter(point -> point.isTram() == isTram).toList();
        if (!points.isEmpty()) {
            List<Double> x = points.stream().map(Transfer.Point::x).toList();
            List<Double> y = points.stream().map(Transfer.Point::y).toList();
            series.add(new Plot.Series(name, x, y, Plot.Mark.POINTS, colour, 0));
        }
    }

    private static void trend(
            List<Plot.Series> series,
            List<Transfer.Point> points,
            Trend trend,
            String name,
            int colour,
            int stroke) {
        if (trend != null && Double.isFinite(trend.slope())) {
            List<Double> x = List.of(points.get(0).x(), points.get(points.size() - 1).x());
            List<Double> y = x.stream().map(trend::at).toList();
            series.add(new Plot.Series(name, x, y, Plot.Mark.LINE, colour, stroke));
        }
    }
}
