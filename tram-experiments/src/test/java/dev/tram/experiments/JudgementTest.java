package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Expected values are worked out by hand. */
class JudgementTest {

    private static final float[][] PROBABILITIES = {
        {0.9f, 0.1f, 0}, {0.8f, 0.1f, 0.1f}, {0.3f, 0.6f, 0.1f}, {0.7f, 0.2f, 0.1f}, {0, 0, 1}
    };
    private static final int[] LABELS = {0, 0, 1, 1, 2};

    private static Judgement judge(float[][] probabilities, int[] labels, int classes) {
        return Judgement.of(
                "test", List.of("a", "b", "c", "d").subList(0, classes), probabilities, labels);
    }

    @Test
    void countsAccuracyAndF1() {
        Judgement judgement = judge(PROBABILITIES, LABELS, 4);
        assertThat(judgement.count()).isEqualTo(5);
        assertThat(judgement.count(1, 0)).isEqualTo(1);
        assertThat(judgement.count(0, 1)).isZero();
        assertThat(judgement.accuracy()).isEqualTo(0.8);
        // F1 of class 0: 4/5, of class 1: 2/3, of class 2: 1; class 3 does not occur.
        assertThat(judgement.macroF1()).isCloseTo((0.8 + 2.0 / 3 + 1) / 3, within(1e-12));
    }

    @Test
    void aClassThatIsOnlyPredictedHasF1Zero() {
        Judgement judgement = judge(new float[][] {{1, 0}, {0, 1}}, new int[] {0, 0}, 2);
        assertThat(judgement.macroF1()).isCloseTo((2.0 / 3 + 0) / 2, within(1e-12));
    }

    /** Bins of 1/15: 0.9 and 0.8, 0.6, 0.7 and 1 each fall into one of their own. */
    @Test
    void theCalibrationErrorIsTheMeanGap() {
        Judgement judgement = judge(PROBABILITIES, LABELS, 3);
        assertThat(judgement.calibrationError())
                .isCloseTo((0.1 + 0.2 + 0.4 + 0.7 + 0) / 5, within(1e-6));
        // In one bin, too little and too much confidence cancel out.
        float[][] same = {{0.75f, 0.25f}, {0.75f, 0.25f}, {0.75f, 0.25f}, {0.75f, 0.25f}};
        assertThat(judge(same, new int[] {0, 0, 0, 1}, 2).calibrationError()).isZero();
        assertThat(judge(same, new int[] {0, 0, 0, 0}, 2).calibrationError()).isEqualTo(0.25);
    }

    @Test
    void judgementsAddUp() {
        float[][] first = {PROBABILITIES[0], PROBABILITIES[3]};
        float[][] second = {PROBABILITIES[1], PROBABILITIES[2], PROBABILITIES[4]};
        Judgement sum =
                Judgement.sum(
                        "test",
                        List.of(
                                judge(first, new int[] {0, 1}, 3),
                                judge(second, new int[] {0, 1, 2}, 3)));
        assertThat(sum).usingRecursiveComparison().isEqualTo(judge(PROBABILITIES, LABELS, 3));
    }
}
