package dev.tram.experiments.diagnostics;

import dev.tram.experiments.Json;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.report.Table;
import dev.tram.experiments.statistics.MeanInterval;
import dev.tram.experiments.statistics.MethodGroup;
import java.io.IOException;
import java.io.PrintStream;
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

    /**
     * Writes NAME.json, as results.json is, and NAME.csv with a line per run and figure, and prints
     * a table of the means.
     *
     * @param title what the figures are
     * @return the table
     */
    static Table write(
            Results results, RunDirectory target, String name, String title, PrintStream out)
            throws IOException {
        Path directory = target.files().root();
        Json.write(directory.resolve(name + ".json"), results);
        List<List<Object>> lines = new ArrayList<>();
        for (String method : results.methods().keySet()) {
            for (Results.RunResult run : results.methods().get(method).runs()) {
                run.measures()
                        .forEach(
                                (what, value) ->
                                        lines.add(List.of(method, run.seed(), what, value)));
            }
        }
        Table.writeCsv(directory.resolve(name + ".csv"), "method,seed,figure,value", lines);
        Table table = table(results);
        out.printf("%n%s, %s%n%s", target.target(), title, table.toText());
        return table;
    }

    /** Returns the names of all figures, in their order. */
    static List<String> names(Results results) {
        return results.methods().values().stream()
                .flatMap(method -> method.mean().keySet().stream())
                .distinct()
                .toList();
    }

    /** A row per method and a column per figure that is shown. */
    private static Table table(Results results) {
        List<String> names = Domains.shown(names(results));
        List<String> head = new ArrayList<>(List.of("method"));
        head.addAll(names);
        List<List<Table.Cell>> rows = new ArrayList<>();
        for (String method : results.methods().keySet()) {
            List<Table.Cell> row = new ArrayList<>(List.of(Table.Cell.of(method)));
            names.forEach(name -> row.add(cell(results, method, name, List.of(results))));
            rows.add(row);
        }
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
        Measure.Direction direction = results.better().getOrDefault(name, Measure.Direction.NONE);
        boolean isBest =
                direction != Measure.Direction.NONE
                        && !method.equals(MethodGroup.ZERO_SHOT)
                        && all.stream().noneMatch(each -> each.hasBetter(mean, name, direction));
        return new Table.Cell(interval(results, method, name).inWords(Figures::rounded), isBest);
    }

    /** Returns a mean and its interval, NaN where they are not there. */
    static MeanInterval interval(Results results, String method, String name) {
        return new MeanInterval(results.mean(method, name), results.ci95(method, name));
    }

    /** Returns the figures of a run in a line. */
    static String inWords(Map<String, Double> figures) {
        return figures.entrySet().stream()
                .map(figure -> figure.getKey() + " " + rounded(figure.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** Returns a number with three digits or more, counted after rounding. */
    static String rounded(double value) {
        double size =
                Double.isFinite(value)
                        ? new BigDecimal(value).abs().round(new MathContext(3)).doubleValue()
                        : Math.abs(value);
        if (size != 0 && size < 1e-3) {
            return String.format(Locale.ROOT, "%.2e", value);
        }
        int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
