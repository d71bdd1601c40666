package dev.tram.experiments.statistics;

import dev.tram.core.internal.Arguments;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/**
 * How one figure goes with another: the least-squares line y = intercept + slope x and Pearson's
 * correlation.
 *
 * @param correlation Pearson's ρ in [−1, 1]; NaN if a figure is the same everywhere
 * @param pValue the probability of a |ρ| at least as large without a linear relation, by Student's
 *     t with n − 2 degrees of freedom
 * @param intercept the line's value at x = 0
 */
public record Trend(int n, double correlation, double pValue, double slope, double intercept) {

    private static final int FEWEST = 3;

    /**
     * Computes the trend.
     *
     * @param x a value per point
     * @param y a value per point
     * @throws IllegalArgumentException if there are fewer than three points, or not as many values
     *     of one as of the other
     */
    public static Trend of(double[] x, double[] y) {
        Arguments.atLeast("the number of points", x.length, FEWEST);
        if (y.length != x.length) {
            throw Arguments.rejected("the number of y values", "that of x, " + x.length, y.length);
        }
        SimpleRegression regression = new SimpleRegression();
        for (int i = 0; i < x.length; i++) {
            regression.addData(x[i], y[i]);
        }
        return new Trend(
                x.length,
                regression.getR(),
                regression.getSignificance(),
                regression.getSlope(),
                regression.getIntercept());
    }

    /** Returns the line's value: intercept + slope x. */
    public double at(double x) {
        return intercept + slope * x;
    }
}
