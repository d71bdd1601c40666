package dev.tram.experiments.report;

import dev.tram.experiments.Measure;
import dev.tram.experiments.Results;
import dev.tram.experiments.SignificanceTest;
import dev.tram.experiments.statistics.MethodGroup;
import dev.tram.experiments.statistics.ScoreTable;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The results laid out as in the paper's tables: methods in groups, the training domain first, the
 * summary last, and how sure it is that TRAM's methods differ from the best baseline.
 *
 * @param rows the rows, group by group
 * @param baseline the baseline that is best by the summary; null if there is no test or no baseline
 * @param test how methods are tested against it
 */
public record ResultTable(
        List<Measure> measures,
        List<Row> rows,
        String baseline,
        SignificanceTest test,
        int decimals) {

    private static final int USUAL_DECIMALS = 1;

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

    /** Lays out results without tests and without the paper's figures. */
    public static ResultTable of(Results results, List<Measure> measures) {
        return of(
                results,
                measures,
                Optional.empty(),
                Map.of(),
                null,
                SignificanceTest.NONE,
                USUAL_DECIMALS);
    }

    /**
     * Lays out results.
     *
     * @param paper the paper's table of the same data, if it is the paper's
     * @param pValues the p-values of methods against the baseline
     * @param baseline the baseline, or null
     * @param test how methods are tested against it
     */
    static ResultTable of(
            Results results,
            List<Measure> measures,
            Optional<ScoreTable> paper,
            Map<String, Double> pValues,
            String baseline,
            SignificanceTest test,
            int decimals) {
        List<Row> rows =
                results.methods().keySet().stream()
                        .map(
                                method ->
                                        new Row(
                                                method,
                                                MethodGroup.of(method),
                                                cells(results, method, measures, paper),
                                                pValues.getOrDefault(method, Double.NaN)))
                        .sorted(Comparator.comparing(Row::group))
                        .toList();
        return new ResultTable(measures, rows, baseline, test, decimals);
    }

    private static List<Cell> cells(
            Results results, String method, List<Measure> measures, Optional<ScoreTable> paper) {
        return measures.stream()
                .map(
                        measure ->
                                new Cell(
                                        results.mean(method, measure.name()),
                                        results.ci95(method, measure.name()),
                                        isBest(results, method, measure),
                                        paper.map(table -> table.value(method, measure.name()))
                                                .orElse(Double.NaN),
                                        paper.map(table -> table.ci95(method, measure.name()))
                                                .orElse(Double.NaN)))
                .collect(Collectors.toList());
    }

    private static boolean isBest(Results results, String method, Measure measure) {
        double own = results.mean(method, measure.name());
        return measure.direction() != Measure.Direction.NONE
                && !method.equals(MethodGroup.ZERO_SHOT)
                && Double.isFinite(own)
                && results.methods().keySet().stream()
                        .filter(other -> !other.equals(MethodGroup.ZERO_SHOT))
                        .noneMatch(
                                other ->
                                        measure.isBetter(results.mean(other, measure.name()), own));
    }
}
