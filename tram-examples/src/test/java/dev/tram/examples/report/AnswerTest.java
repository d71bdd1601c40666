package dev.tram.examples.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.examples.experiment.Measure;
import dev.tram.examples.statistics.MethodGroup;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTest {

    private static final Measure ACCURACY = Measure.higher("shift", "accuracy under shift");
    private static final Measure PERPLEXITY = Measure.lower("ood", "perplexity");

    private static ResultTable.Row row(String method, double mean, double half) {
        return new ResultTable.Row(
                method,
                MethodGroup.of(method),
                List.of(new ResultTable.Cell(mean, half, false, Double.NaN, Double.NaN)),
                Double.NaN);
    }

    private static String sentence(Measure measure, int seeds, ResultTable.Row... rows) {
        return new Answer(new ResultTable(List.of(measure), List.of(rows), null, null, 1), seeds)
                .sentence();
    }

    @Test
    void intervalsThatDoNotOverlapAreADifference() {
        assertThat(sentence(ACCURACY, 3, row("adam", 80, 1), row("sam", 83, 1)))
                .isEqualTo(
                        "Best accuracy under shift: sam, 83.0 ± 1.0; adam has 80.0 ± 1.0."
                                + " Their 95 % intervals over 3 seeds do not overlap.");
    }

    @Test
    void intervalsThatOverlapShowNothing() {
        assertThat(sentence(ACCURACY, 3, row("adam", 80, 2), row("sam", 83, 2)))
                .endsWith("overlap: this does not show that either is better.");
    }

    @Test
    void lessIsBetterWhereItIsSo() {
        assertThat(sentence(PERPLEXITY, 3, row("adam", 40, 1), row("sam", 30, 1)))
                .startsWith("Best perplexity: sam, 30.0 ± 1.0 (lower is better); adam has 40.0");
    }

    @Test
    void aSingleSeedIsCalledChanceAndTheUntrainedModelNeverWins() {
        assertThat(
                        sentence(
                                ACCURACY,
                                1,
                                row("zero-shot", 99, Double.NaN),
                                row("adam", 80, Double.NaN),
                                row("sam", 83, Double.NaN)))
                .isEqualTo(
                        "Best accuracy under shift: sam, 83.0; adam has 80.0. With one seed that may"
                                + " be chance: use --seeds 3 or more.");
    }

    @Test
    void theBaseMayBeTheBest() {
        assertThat(sentence(ACCURACY, 3, row("adam", 85, 1), row("sam", 83, 1)))
                .isEqualTo(
                        "Best accuracy under shift: adam, 85.0 ± 1.0. None of the other 1 improves on"
                                + " adam here.");
    }

    @Test
    void aDivergedMethodIsNotTheBest() {
        assertThat(sentence(ACCURACY, 3, row("adam", 85, 1), row("sam", Double.NaN, Double.NaN)))
                .isEqualTo("Best accuracy under shift: adam, 85.0 ± 1.0.");
        assertThat(sentence(ACCURACY, 3, row("sam", Double.NaN, Double.NaN)))
                .isEqualTo("No method has a finite accuracy under shift.");
    }
}
