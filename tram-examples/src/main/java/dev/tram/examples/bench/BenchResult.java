package dev.tram.examples.bench;

import dev.tram.djl.Method.Passes;
import dev.tram.experiments.report.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What was measured.
 *
 * @param batch the number of examples per step
 * @param tokens the number of tokens per text; 0 for other models
 * @param parameters the number of trained parameters
 * @param engine DJL's engine and its version
 * @param rounds the number of processes per method
 * @param methods the figures by method, in the order in which they were asked for
 */
public record BenchResult(
        String model,
        int batch,
        int tokens,
        long parameters,
        String device,
        String engine,
        int rounds,
        int steps,
        Map<String, Figures> methods) {

    /**
     * A method's figures; NaN where a figure was not measured.
     *
     * @param ratio the median time of a step over that of DJL's Adam without TRAM in the same
     *     round; the median of the rounds
     * @param leastRatio the least of the rounds
     * @param greatestRatio the greatest of the rounds
     * @param medianMs the median time of a step in milliseconds; the median of the rounds
     * @param meanRatio the ratio of mean times, which counts where a method's steps differ
     * @param meanMs the mean time of a step in milliseconds; the median of the rounds
     * @param load how many processors other processes kept busy, the median of the rounds
     * @param peakMb the greatest memory of a process that runs the method alone, in MB: resident on
     *     a CPU; on a GPU what the device's memory grew by, for which nothing else may use it
     * @param passes the passes per step
     * @param phasesMs the median time of each phase in milliseconds; empty on a GPU, which works on
     *     while the host's clock is read
     */
    public record Figures(
            double ratio,
            double leastRatio,
            double greatestRatio,
            double medianMs,
            double meanRatio,
            double meanMs,
            double load,
            double peakMb,
            Passes passes,
            Map<String, Double> phasesMs) {

        /** The cells of a row by their columns. */
        private Map<String, String> cells(String method) {
            Map<String, String> cells = new LinkedHashMap<>();
            cells.put("method", method);
            cells.put("ratio", number("%.2f", ratio));
            cells.put("spread", number("%.2f", leastRatio) + "–" + number("%.2f", greatestRatio));
            cells.put("median ms", number("%.1f", medianMs));
            cells.put("mean ratio", number("%.2f", meanRatio));
            cells.put("mean ms", number("%.1f", meanMs));
            cells.put("load", number("%.2f", load));
            cells.put("peak MB", number("%.0f", peakMb));
            cells.put("forward+backward", passes.forward() + "+" + passes.backward());
            phasesMs.forEach((phase, ms) -> cells.put(phase.replace('_', ' '), number("%.1f", ms)));
            return cells;
        }

        private static String number(String format, double value) {
            return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
        }
    }

    /** Renders the figures as a table in Markdown, a row per method, phases in milliseconds. */
    public String table() {
        List<Map<String, String>> rows = new ArrayList<>();
        methods.forEach((name, figures) -> rows.add(figures.cells(name)));
        return Table.ofTexts(
                        List.copyOf(rows.get(0).keySet()),
                        rows.stream().map(row -> List.copyOf(row.values())).toList())
                .toMarkdown();
    }
}
