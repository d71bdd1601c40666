package dev.tram.core;

/**
 * A bias-corrected exponential running mean with decay 0.99 (as in Adam's moments: the weighted sum
 * divided by the sum of the weights, so that the mean of one value is that value).
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
     */
    public RunningMean(double sum, double weight) {
        this.sum = sum;
        this.weight = weight;
    }

    /**
     * Adds a value.
     *
     * @param value the value
     */
    public void add(double value) {
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
     * @return the sum of the weights, in [0, 1)
     */
    public double weight() {
        return weight;
    }
}
