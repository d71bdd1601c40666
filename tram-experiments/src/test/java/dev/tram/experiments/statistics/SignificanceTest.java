package dev.tram.experiments.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Expected values: scipy 1.17.1, ks_2samp and wilcoxon, both exact. */
class SignificanceTest {

    @Test
    void kolmogorovSmirnovAgreesWithScipy() {
        double[] first = {
            0.61, 0.29, 0.06, 0.59, -1.73, -0.74, 0.51, -0.56, 0.39, 1.64, 0.05, -0.06, 0.64, -0.82,
            0.37, 1.77, 1.09, -1.28, 2.36, 1.31, 1.05, -0.32, -0.40, 1.06, -2.47
        };
        double[] second = {1.2, 0.9, 1.1, 2.0, 0.3, 0.55, 1.7, -0.2, 1.45, 0.8, 1.35, 0.15, 0.95};
        assertThat(Significance.kolmogorovSmirnov(first, second))
                .isCloseTo(0.07778429551073389, within(1e-9));
    }

    @Test
    void theSameLossesDifferByNothing() {
        double[] losses = IntStream.range(0, 300).mapToDouble(Math::sin).toArray();
        double[] lower = IntStream.range(0, 300).mapToDouble(i -> Math.sin(i) - 0.5).toArray();
        assertThat(Significance.kolmogorovSmirnov(losses, losses)).isEqualTo(1);
        assertThat(Significance.kolmogorovSmirnov(losses, lower)).isLessThan(1e-4);
    }

    /** Hollander and Wolfe (1973), table 3.1: Hamilton depression scores. */
    @Test
    void wilcoxonAgreesWithScipy() {
        double[] first = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
        double[] second = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
        assertThat(Significance.wilcoxon(first, second)).isCloseTo(0.0390625, within(1e-12));
        assertThat(Significance.wilcoxon(second, first)).isCloseTo(0.0390625, within(1e-12));
    }

    @Test
    void equalPairsDoNotCount() {
        double[] first = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30, 7, 8};
        double[] second = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29, 7, 8};
        assertThat(Significance.wilcoxon(first, second)).isCloseTo(0.0390625, within(1e-12));
        assertThat(Significance.wilcoxon(first, first)).isEqualTo(1);
    }

    @Test
    void rejectsWhatCannotBeCompared() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Significance.wilcoxon(new double[3], new double[2]))
                .withMessageContaining("received: 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Significance.kolmogorovSmirnov(new double[1], new double[9]))
                .withMessageContaining("received: 1");
    }
}
