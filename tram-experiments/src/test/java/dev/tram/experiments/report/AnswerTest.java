package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.Measure;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.statistics.MethodGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswerTest {

    private static final Measure ACCURACY = Measure.higher("shift", "accuracy under shift");
    private static final Measure PERPLEXITY = Measure.lower("ood", "perplexity");

    private static final List<String> METHODS = List.of("adam", "sam");

    private static ResultTable.Row row(String method, double mean, double half) {
        return new ResultTable.Row(
                method,
                MethodGroup.of(method),
                List.of(new ResultTable.Cell(mean, half, false, Double.NaN, Double.NaN)),
                Double.NaN);
    }

    private static String sentence(Measure measure, ResultTable.Row... rows) {
        Map<String, double[]> values = new LinkedHashMap<>();
        for (ResultTable.Row row : rows) {
            values.put(row.method(), new double[] {row.cells().get(0).mean()});
        }
        return sentence(measure, results(measure, values), rows);
    }

    private static String sentence(Measure measure, Results results, ResultTable.Row... rows) {
        return new Answer(
                        new ResultTable(List.of(measure), List.of(rows), null, null, 1),
                        measure,
                        results,
                        1)
                .sentence();
    }

    /** A method's figure under each seed. */
    private static Results results(Measure measure, Map<String, double[]> values) {
        Results results =
                new Results("vit", "digits", "cpu", Map.of(), List.of(), Map.of())
                        .judgedBy(List.of(measure));
        for (Map.Entry<String, double[]> method : values.entrySet()) {
            for (int seed = 0; seed < method.getValue().length; seed++) {
                results =
                        results.with(
                                new RunKey(method.getKey(), seed),
                                Map.of(measure.name(), method.getValue()[seed]),
                                List.copyOf(values.keySet()));
            }
        }
        return results;
    }

    private static String ofSeeds(double[] adam, double[] sam) {
        return answer(adam, sam).sentence();
    }

    private static Answer answer(double[] adam, double[] sam) {
        Map<String, double[]> values = new LinkedHashMap<>();
        values.put("adam", adam);
        values.put("sam", sam);
        Results results = results(ACCURACY, values);
        ResultTable table = ResultTable.of(results, List.of(ACCURACY));
        return new Answer(table, ACCURACY, results, adam.length);
    }

    /** The base has an interval only where there are seeds enough for one. */
    @Test
    void theChartSaysHowTheBaseIsMarked() {
        assertThat(answer(new double[] {60}, new double[] {63}).toHtml()).contains("; line: adam");
        assertThat(answer(new double[] {60, 70, 80}, new double[] {63, 73, 82}).toHtml())
                .contains("; shaded: adam");
    }

    /** Seeds that move both methods by 20 hide no difference of 3: t(2) = 4.303, s = 0.1. */
    @Test
    void methodsAreComparedSeedBySeed() {
        assertThat(ofSeeds(new double[] {60, 70, 80}, new double[] {63, 73.1, 82.9}))
                .endsWith("Seed by seed they differ by 3.0 ± 0.2 (95 % interval over 3 seeds).");
    }

    @Test
    void differencesThatMayBeZeroShowNothing() {
        assertThat(ofSeeds(new double[] {60, 70, 80}, new double[] {65, 69, 83}))
                .endsWith("over 3 seeds): this does not show that either is better.");
    }

    /** The interval of two values would be 12.7 times their standard error. */
    @Test
    void twoSeedsHaveNoInterval() {
        assertThat(ofSeeds(new double[] {60, 80}, new double[] {63, 82.5}))
                .isEqualTo(
                        "Best accuracy under shift: sam, 72.8; adam has 70.0. Seed by seed they differ"
                                + " by 3.0 and 2.5; two seeds show no more: use --seeds 3 or more.");
    }

    @Test
    void lessIsBetterWhereItIsSo() {
        assertThat(sentence(PERPLEXITY, row("adam", 40, 1), row("sam", 30, 1)))
                .startsWith("Best perplexity: sam, 30.0 ± 1.0 (lower is better); adam has 40.0");
    }

    @Test
    void aSingleSeedIsCalledChanceAndTheUntrainedModelNeverWins() {
        assertThat(
                        sentence(
                                ACCURACY,
                                row("zero-shot", 99, Double.NaN),
                                row("adam", 80, Double.NaN),
                                row("sam", 83, Double.NaN)))
                .isEqualTo(
                        "Best accuracy under shift: sam, 83.0; adam has 80.0. With one seed that may"
                                + " be chance: use --seeds 3 or more.");
    }

    @Test
    void theBaseMayBeTheBest() {
        assertThat(sentence(ACCURACY, row("adam", 85, 1), row("sam", 83, 1)))
                .isEqualTo(
                        "Best accuracy under shift: adam, 85.0 ± 1.0. sam does not improve on adam"
                                + " here.");
        assertThat(sentence(ACCURACY, row("adam", 85, 1), row("sam", 83, 1), row("asam", 84, 1)))
                .endsWith("None of the other 2 improves on adam here.");
    }

    /** Its column need not be the last one that has a better and a worse. */
    @Test
    void theHeadlineCounts() {
        Measure error = Measure.lower("error", "ECE");
        Results results =
                new Results("text", "table", "cpu", Map.of(), List.of(), Map.of())
                        .judgedBy(List.of(ACCURACY, error))
                        .with(new RunKey("adam", 0), Map.of("shift", 80.0, "error", 1.0), METHODS)
                        .with(new RunKey("sam", 0), Map.of("shift", 81.0, "error", 2.0), METHODS);
        ResultTable table = ResultTable.of(results, List.of(ACCURACY, error));
        assertThat(new Answer(table, ACCURACY, results, 1).sentence())
                .startsWith("Best accuracy under shift: sam, 81.0; adam has 80.0.");
        assertThat(new Answer(table, error, results, 1).sentence())
                .startsWith("Best ECE: adam, 1.0 (lower is better). sam does not");
    }

    @Test
    void aDivergedMethodIsNotTheBest() {
        assertThat(sentence(ACCURACY, row("adam", 85, 1), row("sam", Double.NaN, Double.NaN)))
                .isEqualTo("Best accuracy under shift: adam, 85.0 ± 1.0.");
        assertThat(sentence(ACCURACY, row("sam", Double.NaN, Double.NaN)))
                .isEqualTo("No method has a finite accuracy under shift.");
    }
}
