package dev.tram.examples.task.texttable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tram.examples.report.CellTable;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Expected values are worked out by hand. */
class JudgementTest {

    private static final float[][] PROBABILITIES = {
        {0.9f, 0.1f, 0}, {0.8f, 0.1f, 0.1f}, {0.3f, 0.6f, 0.1f}, {0.7f, 0.2f, 0.1f}, {0, 0, 1}
    };
    private static final int[] LABELS = {0, 0, 1, 1, 2};

    @Test
    void countsAccuracyAndF1() {
        Judgement judgement = Judgement.of(PROBABILITIES, LABELS, 4);
        assertThat(judgement.count()).isEqualTo(5);
        assertThat(judgement.count(1, 0)).isEqualTo(1);
        assertThat(judgement.count(0, 1)).isZero();
        assertThat(judgement.accuracy()).isEqualTo(0.8);
        // F1 of class 0: 4/5, of class 1: 2/3, of class 2: 1; class 3 does not occur.
        assertThat(judgement.macroF1()).isCloseTo((0.8 + 2.0 / 3 + 1) / 3, within(1e-12));
    }

    @Test
    void aClassThatIsOnlyPredictedHasF1Zero() {
        Judgement judgement = Judgement.of(new float[][] {{1, 0}, {0, 1}}, new int[] {0, 0}, 2);
        assertThat(judgement.macroF1()).isCloseTo((2.0 / 3 + 0) / 2, within(1e-12));
    }

    /** Bins of 1/15: 0.9 and 0.8, 0.6, 0.7 and 1 each fall into one of their own. */
    @Test
    void theCalibrationErrorIsTheMeanGap() {
        Judgement judgement = Judgement.of(PROBABILITIES, LABELS, 3);
        assertThat(judgement.calibrationError())
                .isCloseTo((0.1 + 0.2 + 0.4 + 0.7 + 0) / 5, within(1e-6));
        // In one bin, too little and too much confidence cancel out.
        float[][] same = {{0.75f, 0.25f}, {0.75f, 0.25f}, {0.75f, 0.25f}, {0.75f, 0.25f}};
        assertThat(Judgement.of(same, new int[] {0, 0, 0, 1}, 2).calibrationError()).isZero();
        assertThat(Judgement.of(same, new int[] {0, 0, 0, 0}, 2).calibrationError())
                .isEqualTo(0.25);
    }

    @Test
    void judgementsAddUp() {
        float[][] first = {PROBABILITIES[0], PROBABILITIES[3]};
        float[][] second = {PROBABILITIES[1], PROBABILITIES[2], PROBABILITIES[4]};
        Judgement sum =
                Judgement.sum(
                        List.of(
                                Judgement.of(first, new int[] {0, 1}, 3),
                                Judgement.of(second, new int[] {0, 1, 2}, 3)));
        assertThat(sum)
                .usingRecursiveComparison()
                .isEqualTo(Judgement.of(PROBABILITIES, LABELS, 3));
    }

    @Test
    void theTableNamesClassesAndRecall() {
        Judgement judgement = Judgement.of(PROBABILITIES, LABELS, 4);
        CellTable table = ConfusionTable.of("g", List.of("a", "b", "c", "d"), judgement);
        assertThat(table.title()).startsWith("g: 5 examples, accuracy 80.0 %, macro-F1 82.2 %");
        assertThat(table.rows().get(1)).containsExactly("b", "1", "1", "0", "0", "50.0");
        assertThat(table.rows().get(3)).containsExactly("d", "0", "0", "0", "0", "–");
        assertThat(table.render().lines().skip(1).map(String::length).distinct()).hasSize(1);
    }
}
