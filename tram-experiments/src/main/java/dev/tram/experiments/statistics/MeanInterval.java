package dev.tram.experiments.statistics;

import dev.tram.core.internal.Arguments;
import java.util.Arrays;
import java.util.function.DoubleFunction;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * A mean over runs with its 95 % confidence interval by Student's t, mean ± halfWidth.
 *
 * @param halfWidth half of the interval's width, t₀.₉₇₅ s / √n with n − 1 degrees of freedom; NaN
 *     for a single run
 */
public record MeanInterval(double mean, double halfWidth) {

    private static final double UPPER_QUANTILE = 0.975;

    /**
     * Computes the interval.
     *
     * @param values a value per run, at least one
     * @return the mean and its interval; NaN where a value is NaN
     */
    public static MeanInterval of(double... values) {
        int n = Arguments.atLeast("the number of runs", values.length, 1);
        double mean = Arrays.stream(values).sum() / n;
        if (n == 1) {
            return new MeanInterval(mean, Double.NaN);
        }
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        double deviation = Math.sqrt(squares / (n - 1));
        double t = TDistribution.of(n - 1).inverseCumulativeProbability(UPPER_QUANTILE);
        return new MeanInterval(mean, t * deviation / Math.sqrt(n));
    }

    /** Returns mean ± halfWidth, or the mean alone if there is no interval. */
    public String inWords(DoubleFunction<String> number) {
        String text = number.apply(mean);
        return Double.isFinite(halfWidth) ? text + " ± " + number.apply(halfWidth) : text;
    }
}
