package dev.tram.examples.bench;

import dev.tram.djl.Method.Passes;
import dev.tram.experiments.report.Table;
import java.util.ArrayList;
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

        private String cell(String column) {
            return switch (column) {
                case "ratio" -> number("%.2f", ratio);
                case "spread" -> number("%.2f", leastRatio) + "–" + number("%.2f", greatestRatio);
                case "median ms" -> number("%.1f", medianMs);
                case "mean ratio" -> number("%.2f", meanRatio);
                case "mean ms" -> number("%.1f", meanMs);
                case "load" -> number("%.2f", load);
                case "peak MB" -> number("%.0f", peakMb);
                case "forward+backward" -> passes.forward() + "+" + passes.backward();
                default -> number("%.1f", phasesMs.get(column.replace(' ', '_')));
            };
        }

        private static String number(String format, double value) {
            return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
        }
    }

    private static final List<String> COLUMNS =
            List.of(
                    "ratio",
                    "spread",
                    "median ms",
                    "mean ratio",
                    "mean ms",
                    "load",
                    "peak MB",
                    "forward+backward");

    private List<String> columns() {
        List<String> columns = new ArrayList<>(COLUMNS);
        methods.values().stream()
                .flatMap(figures -> figures.phasesMs().keySet().stream())
                .map(phase -> phase.replace('_', ' '))
                .distinct()
                .forEach(columns::add);
        return columns;
    }

    /** Renders the figures as a table in Markdown, a row per method, phases in milliseconds. */
    public String table() {
        List<String> head = new ArrayList<>(List.of("method"));
        head.addAll(columns());
        List<List<String>> rows = new ArrayList<>();
        methods.forEach(
                (name, figures) -> {
                    List<String> row = new ArrayList<>(List.of(name));
                    columns().forEach(column -> row.add(figures.cell(column)));
                    rows.add(row);
                });
        return Table.ofTexts(head, rows).toMarkdown();
    }
}
