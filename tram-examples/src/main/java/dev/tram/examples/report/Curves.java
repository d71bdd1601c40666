package dev.tram.examples.report;

import dev.tram.examples.experiment.StepRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** Curves over training: per method the mean over its runs. */
final class Curves {

    private Curves() {}

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
    static Optional<Plot> of(
            Map<String, List<List<StepRecord>>> steps,
            String title,
            ToDoubleFunction<StepRecord> figure,
            int window,
            boolean logarithmic) {
        List<Plot.Series> curves = new ArrayList<>();
        int number = 0;
        for (Map.Entry<String, List<List<StepRecord>>> method : steps.entrySet()) {
            SortedMap<Double, Double> curve = curve(method.getValue(), figure, window, logarithmic);
            if (!curve.isEmpty()) {
                curves.add(Plot.Series.of(number, method.getKey(), curve, Plot.Mark.LINE));
            }
            number++;
        }
        return curves.isEmpty()
                ? Optional.empty()
                : Optional.of(new Plot("step", title, false, logarithmic, curves));
    }

    /** The mean over runs of each step that has the figure, averaged over the window. */
    private static SortedMap<Double, Double> curve(
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
        SortedMap<Double, Double> curve = new TreeMap<>();
        values.forEach(
                (step, found) ->
                        curve.put(
                                step.doubleValue(),
                                found.stream().mapToDouble(v -> v).average().orElseThrow()));
        return curve;
    }
}
