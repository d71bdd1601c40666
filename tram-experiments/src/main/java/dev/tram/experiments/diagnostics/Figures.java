package dev.tram.experiments.diagnostics;

import dev.tram.experiments.Json;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.report.Table;
import dev.tram.experiments.statistics.MethodGroup;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Figures of an experiment's runs, in the form of results.json: written, read and shown. */
final class Figures {

    /** Stands for a figure that is not there. */
    static final String NONE = "–";

    private Figures() {}

    /**
     * Collects figures of runs.
     *
     * @param runs by run, its figures
     */
    static Results of(
            RunDirectory target, Map<RunKey, Map<String, Double>> runs, List<Measure> measures) {
        Results results = Results.none(target.config()).judgedBy(measures);
        List<String> order = runs.keySet().stream().map(RunKey::method).distinct().toList();
        for (Map.Entry<RunKey, Map<String, Double>> run : runs.entrySet()) {
            results = results.with(run.getKey(), run.getValue(), order);
        }
        return results;
    }

    /** Writes NAME.json, as results.json is, and NAME.csv with a line per run and figure. */
    static void write(Results results, Path directory, String name) throws IOException {
        Json.write(directory.resolve(name + ".json"), results);
        List<List<Object>> lines = new ArrayList<>();
        lines.add(List.of("method", "seed", "figure", "value"));
        results.methods()
                .forEach(
                        (method, found) -> found.runs().forEach(run -> append(lines, method, run)));
        Table.writeCsv(directory.resolve(name + ".csv"), lines);
    }

    private static void append(List<List<Object>> lines, String method, Results.RunResult run) {
        run.measures()
                .forEach((figure, value) -> lines.add(List.of(method, run.seed(), figure, value)));
    }

    /** Returns the names of all figures, in their order. */
    static List<String> names(Results results) {
        return results.methods().values().stream()
                .flatMap(method -> method.mean().keySet().stream())
                .distinct()
                .toList();
    }

    /** Returns a table with a row per method and a column per figure of the given names. */
    static Table table(Results results, List<String> names) {
        List<List<Table.Cell>> rows = new ArrayList<>();
        for (String method : results.methods().keySet()) {
            List<Table.Cell> row = new ArrayList<>(List.of(Table.Cell.of(method)));
            names.forEach(name -> row.add(cell(results, method, name, List.of(results))));
            rows.add(row);
        }
        List<String> head = new ArrayList<>(List.of("method"));
        head.addAll(names);
        return Table.of(head, rows);
    }

    /**
     * Returns mean ± half width of the interval; a dash for a figure that is not there.
     *
     * @param results where the figure is, or null
     * @param all what it is compared with
     */
    static Table.Cell cell(Results results, String method, String name, Collection<Results> all) {
        if (results == null || !Double.isFinite(results.mean(method, name))) {
            return Table.Cell.of(NONE);
        }
        double mean = results.mean(method, name);
        double half = results.ci95(method, name);
        return new Table.Cell(
                Double.isFinite(half) ? rounded(mean) + " ± " + rounded(half) : rounded(mean),
                isBest(results, method, name, all));
    }

    /** Whether no other trained method of any of these results has a better mean. */
    private static boolean isBest(
            Results results, String method, String name, Collection<Results> all) {
        double own = results.mean(method, name);
        Measure.Direction direction = results.better().getOrDefault(name, Measure.Direction.NONE);
        return direction != Measure.Direction.NONE
                && !method.equals(MethodGroup.ZERO_SHOT)
                && all.stream()
                        .noneMatch(
                                others ->
                                        others.methods().keySet().stream()
                                                .filter(
                                                        other ->
                                                                !other.equals(
                                                                        MethodGroup.ZERO_SHOT))
                                                .anyMatch(
                                                        other ->
                                                                direction.isBetter(
                                                                        others.mean(other, name),
                                                                        own)));
    }

    /** Returns the figures of a run in a line. */
    static String inWords(Map<String, Double> figures) {
        return figures.entrySet().stream()
                .map(figure -> figure.getKey() + " " + rounded(figure.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** Returns a number with three digits or more, counted after rounding. */
    static String rounded(double value) {
        double size = Math.abs(toThreeDigits(value));
        if (size != 0 && size < 1e-3) {
            return String.format(Locale.ROOT, "%.2e", value);
        }
        int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    private static double toThreeDigits(double value) {
        return Double.isFinite(value)
                ? new BigDecimal(value).round(new MathContext(3)).doubleValue()
                : value;
    }
}
