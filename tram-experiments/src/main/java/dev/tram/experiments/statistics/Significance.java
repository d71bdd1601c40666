package dev.tram.experiments.statistics;

import dev.tram.core.internal.Arguments;
import java.util.stream.IntStream;
import org.apache.commons.statistics.inference.KolmogorovSmirnovTest;
import org.apache.commons.statistics.inference.WilcoxonSignedRankTest;

/** The paper's two-sided tests of whether two methods differ; each gives a p-value. */
public final class Significance {

    /** Below which p-value the paper calls a difference significant. */
    public static final double LEVEL = 0.01;

    private Significance() {}

    /**
     * Compares two distributions by Kolmogorov and Smirnov's two-sample test.
     *
     * @param first one method's values, such as a loss per block of text
     * @throws IllegalArgumentException if one has fewer than two values
     */
    public static double kolmogorovSmirnov(double[] first, double[] second) {
        Arguments.atLeast("the number of values", Math.min(first.length, second.length), 2);
        return KolmogorovSmirnovTest.withDefaults().test(first, second).getPValue();
    }

    /**
     * Compares pairs by Wilcoxon's signed-rank test. Equal pairs are left out; if all are equal,
     * nothing differs.
     *
     * @param first one method's values, such as an accuracy per language and seed
     * @param second the other's values for the same
     * @throws IllegalArgumentException if there are not as many values of one as of the other
     */
    public static double wilcoxon(double[] first, double[] second) {
        if (second.length != first.length) {
            throw Arguments.rejected(
                    "the number of second values", "that of first, " + first.length, second.length);
        }
        double[] differences =
                IntStream.range(0, first.length)
                        .mapToDouble(i -> first[i] - second[i])
                        .filter(difference -> difference != 0)
                        .toArray();
        return differences.length == 0
                ? 1
                : WilcoxonSignedRankTest.withDefaults().test(differences).getPValue();
    }
}
