package dev.tram.core;

import dev.tram.core.internal.Arguments;

/**
 * A bias-corrected exponential running mean of distances with decay 0.99 (as in Adam's moments: the
 * weighted sum divided by the sum of the weights, so that the mean of one value is that value).
 *
 * <p>A distance of exactly 0 does not enter. It says that target and estimate are one model, as at
 * the first step and after a skipped one, and nothing about the scale of the distances that follow;
 * the step after a first 0 would otherwise get twice its radius.
 */
public final class RunningMean {

    private static final double DECAY = 0.99;

    private double sum;
    private double weight;

    /** Creates an empty mean. */
    public RunningMean() {}

    /**
     * Restores a mean from its state.
     *
     * @param sum see {@link #sum()}
     * @param weight see {@link #weight()}
     * @throws IllegalArgumentException if no values can have led to that state
     */
    public RunningMean(double sum, double weight) {
        if (!(sum >= 0 && sum < Double.POSITIVE_INFINITY)) {
            throw Arguments.rejected("sum", "a finite number >= 0", sum);
        }
        if (!(weight >= 0 && weight <= 1)) {
            throw Arguments.rejected("weight", "in [0, 1]", weight);
        }
        this.sum = sum;
        this.weight = weight;
    }

    /**
     * Adds a distance; 0 changes nothing.
     *
     * @param value the distance, finite and at least 0
     * @throws IllegalArgumentException if the distance is negative, infinite or NaN
     */
    public void add(double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw Arguments.rejected("distance", "a finite number >= 0", value);
        }
        if (value == 0) {
            return;
        }
        sum = DECAY * sum + (1 - DECAY) * value;
        weight = DECAY * weight + (1 - DECAY);
    }

    /**
     * Returns the mean.
     *
     * @return the mean, 0 if nothing was added
     */
    public double value() {
        return weight == 0 ? 0 : sum / weight;
    }

    /**
     * Returns the weighted sum, for a checkpoint.
     *
     * @return the weighted sum of the values
     */
    public double sum() {
        return sum;
    }

    /**
     * Returns the sum of the weights, for a checkpoint.
     *
     * @return the sum of the weights, at most 1
     */
    public double weight() {
        return weight;
    }
}
