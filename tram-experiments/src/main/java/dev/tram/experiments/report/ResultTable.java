package dev.tram.experiments.report;

import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Grid;
import dev.tram.experiments.Json;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.SignificanceTest;
import dev.tram.experiments.Task;
import dev.tram.experiments.statistics.MethodGroup;
import dev.tram.experiments.statistics.ScoreTable;
import dev.tram.experiments.statistics.Significance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import org.apache.commons.csv.CSVFormat;

/**
 * The results laid out as in the paper's tables: methods in groups, the training domain first, the
 * summary last, and how sure it is that TRAM's methods differ from the best baseline.
 *
 * @param rows the rows, which become ordered by their groups
 * @param baseline the baseline that is best by the summary; null if there is no test or no baseline
 * @param test how methods are tested against it
 */
public record ResultTable(
        List<Measure> measures,
        List<Row> rows,
        String baseline,
        SignificanceTest test,
        int decimals) {

    /** Fewer pairs cannot be significant at any usual level, whatever they are. */
    private static final int FEWEST_PAIRS = 6;

    /**
     * A method's row.
     *
     * @param pValue the p-value against the baseline; NaN where there is no test
     */
    public record Row(String method, MethodGroup group, List<Cell> cells, double pValue) {

        /** Whether the paper has the method, for this data. */
        boolean hasPaper() {
            return cells.stream().anyMatch(cell -> Double.isFinite(cell.paper()));
        }
    }

    /**
     * A figure.
     *
     * @param mean its mean over runs; NaN where the method does not have it
     * @param ci95 the half width of the mean's 95 % interval; NaN for fewer than three runs
     * @param isBest whether no other trained method has a better mean
     * @param paper the paper's mean for the same data, NaN where there is none
     * @param paperCi95 the half width of that mean's 95 % interval; NaN where the paper has none
     */
    public record Cell(double mean, double ci95, boolean isBest, double paper, double paperCi95) {}

    public ResultTable {
        rows = rows.stream().sorted(Comparator.comparing(Row::group)).toList();
    }

    /** Lays out results without tests and without the paper's figures. */
    public static ResultTable of(Results results, List<Measure> measures) {
        List<Row> rows =
                results.methods().keySet().stream()
                        .map(method -> row(results, method, measures, Optional.empty(), Double.NaN))
                        .toList();
        return new ResultTable(measures, rows, null, SignificanceTest.NONE, 1);
    }

    /**
     * Lays out a task's results, with tests of significance and the paper's figures where they
     * apply.
     *
     * @param files where its runs' samples lie
     */
    static ResultTable of(Task task, Results results, ExperimentDirectory files)
            throws IOException {
        SignificanceTest test = task.significanceTest();
        Predicate<String> isBaseline = method -> MethodGroup.of(method).isBaseline();
        String baseline =
                test == SignificanceTest.NONE ? null : best(task, results, isBaseline).orElse(null);
        List<Measure> measures = new ArrayList<>(task.measures());
        measures.addAll(List.of(Grid.DISTANCE, Grid.PERTURBATION));
        Optional<ScoreTable> paper = task.paper();
        List<Row> rows = new ArrayList<>();
        for (String method : results.methods().keySet()) {
            boolean isTested = baseline != null && MethodGroup.of(method) == MethodGroup.TRAM;
            double pValue = isTested ? pValue(task, results, files, method, baseline) : Double.NaN;
            rows.add(row(results, method, measures, paper, pValue));
        }
        return new ResultTable(measures, rows, baseline, test, task.decimals());
    }

    private static Row row(
            Results results,
            String method,
            List<Measure> measures,
            Optional<ScoreTable> paper,
            double pValue) {
        List<Cell> cells = new ArrayList<>();
        for (Measure measure : measures) {
            String name = measure.name();
            double mean = results.mean(method, name);
            boolean isBest =
                    measure.direction() != Measure.Direction.NONE
                            && !method.equals(MethodGroup.ZERO_SHOT)
                            && Double.isFinite(mean)
                            && !results.hasBetter(mean, name, measure.direction());
            cells.add(
                    new Cell(
                            mean,
                            results.ci95(method, name),
                            isBest,
                            paper.map(table -> table.value(method, name)).orElse(Double.NaN),
                            paper.map(table -> table.ci95(method, name)).orElse(Double.NaN)));
        }
        return new Row(method, MethodGroup.of(method), cells, pValue);
    }

    /** Returns the trained method that is best by the summary, the first of all if none is. */
    static String best(Task task, Results results) {
        Predicate<String> isTrained = method -> !method.equals(MethodGroup.ZERO_SHOT);
        return best(task, results, isTrained)
                .or(() -> results.methods().keySet().stream().filter(isTrained).findFirst())
                .orElseThrow();
    }

    private static Optional<String> best(Task task, Results results, Predicate<String> isCompared) {
        Measure summary = task.summary();
        return results.methods().keySet().stream()
                .filter(isCompared)
                .filter(method -> Double.isFinite(results.mean(method, summary.name())))
                .reduce(
                        (best, next) ->
                                summary.isBetter(
                                                results.mean(next, summary.name()),
                                                results.mean(best, summary.name()))
                                        ? next
                                        : best);
    }

    private static double pValue(
            Task task, Results results, ExperimentDirectory files, String method, String baseline)
            throws IOException {
        return switch (task.significanceTest()) {
            case NONE -> Double.NaN;
            case KOLMOGOROV_SMIRNOV ->
                    Significance.kolmogorovSmirnov(
                            samples(results, files, method), samples(results, files, baseline));
            case WILCOXON ->
                    wilcoxon(values(task, results, method), values(task, results, baseline));
        };
    }

    static double wilcoxon(double[] first, double[] second) {
        return first.length < FEWEST_PAIRS ? Double.NaN : Significance.wilcoxon(first, second);
    }

    private static double[] samples(Results results, ExperimentDirectory files, String method)
            throws IOException {
        List<double[]> samples = new ArrayList<>();
        for (Results.RunResult run : results.methods().get(method).runs()) {
            samples.addAll(files.readSamples(new RunKey(method, run.seed())).values());
        }
        return samples.stream().flatMapToDouble(DoubleStream::of).toArray();
    }

    /** A method's measures of domains, run by run. */
    private static double[] values(Task task, Results results, String method) {
        return results.methods().get(method).runs().stream()
                .flatMap(
                        run -> task.domains().stream().map(each -> run.measures().get(each.name())))
                .mapToDouble(value -> value)
                .toArray();
    }

    void write(ExperimentDirectory files) throws IOException {
        Json.write(files.table("json"), this);
        List<Object> head = new ArrayList<>(List.of("method"));
        for (Measure measure : measures) {
            String name = measure.name();
            head.addAll(List.of(name, name + "_ci95", name + "_paper"));
        }
        head.add("p_value");
        List<List<Object>> lines = new ArrayList<>();
        for (Row row : rows) {
            List<Object> line = new ArrayList<>(List.of(row.method()));
            row.cells().forEach(c -> line.addAll(List.of(c.mean(), c.ci95(), c.paper())));
            line.add(row.pValue());
            lines.add(line);
        }
        Table.writeCsv(files.table("csv"), CSVFormat.RFC4180.format(head.toArray()), lines);
    }
}
