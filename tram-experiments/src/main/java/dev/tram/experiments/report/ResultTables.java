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
import dev.tram.experiments.statistics.Significance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;

/** Makes a task's table of results from its runs, and writes it as files. */
final class ResultTables {

    private static final int FEWEST_PAIRS = 6;

    private ResultTables() {}

    /**
     * Makes the table, with tests of significance and the paper's figures where they apply.
     *
     * @param files where its runs' samples lie
     */
    static ResultTable of(Task task, Results results, ExperimentDirectory files)
            throws IOException {
        Optional<String> baseline =
                task.significanceTest() == SignificanceTest.NONE
                        ? Optional.empty()
                        : bestBaseline(results, task.summary());
        Map<String, Double> pValues = new LinkedHashMap<>();
        if (baseline.isPresent()) {
            for (String method : results.methods().keySet()) {
                if (MethodGroup.of(method) == MethodGroup.TRAM) {
                    pValues.put(method, pValue(task, results, files, method, baseline.get()));
                }
            }
        }
        List<Measure> measures = new ArrayList<>(task.measures());
        measures.addAll(List.of(Grid.DISTANCE, Grid.PERTURBATION));
        return ResultTable.of(
                results,
                measures,
                task.paper(),
                pValues,
                baseline.orElse(null),
                task.significanceTest(),
                task.decimals());
    }

    /** Returns the trained method that is best by the summary, the first of all if none is. */
    static String best(Task task, Results results) {
        List<String> trained =
                results.methods().keySet().stream()
                        .filter(method -> !method.equals(MethodGroup.ZERO_SHOT))
                        .toList();
        return best(trained, results, task.summary()).orElse(trained.get(0));
    }

    private static Optional<String> bestBaseline(Results results, Measure summary) {
        List<String> baselines =
                results.methods().keySet().stream()
                        .filter(method -> MethodGroup.of(method).isBaseline())
                        .toList();
        return best(baselines, results, summary);
    }

    private static Optional<String> best(List<String> methods, Results results, Measure measure) {
        String best = null;
        for (String method : methods) {
            double mean = results.mean(method, measure.name());
            if (Double.isFinite(mean)
                    && (best == null
                            || measure.isBetter(mean, results.mean(best, measure.name())))) {
                best = method;
            }
        }
        return Optional.ofNullable(best);
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

    /** Fewer pairs cannot be significant at any usual level, whatever they are. */
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
                .flatMapToDouble(
                        run ->
                                task.domains().stream()
                                        .mapToDouble(domain -> run.measures().get(domain.name())))
                .toArray();
    }

    static void write(ResultTable table, ExperimentDirectory files) throws IOException {
        Json.write(files.table("json"), table);
        List<List<Object>> lines = new ArrayList<>();
        List<Object> head = new ArrayList<>(List.of("method"));
        for (Measure measure : table.measures()) {
            head.addAll(
                    List.of(measure.name(), measure.name() + "_ci95", measure.name() + "_paper"));
        }
        head.add("p_value");
        lines.add(head);
        for (ResultTable.Row row : table.rows()) {
            List<Object> line = new ArrayList<>(List.of(row.method()));
            for (ResultTable.Cell cell : row.cells()) {
                line.addAll(List.of(cell.mean(), cell.ci95(), cell.paper()));
            }
            line.add(row.pValue());
            lines.add(line);
        }
        Table.writeCsv(files.table("csv"), lines);
    }
}
