package dev.tram.core;

/**
 * What a radius and a schedule see of a step. A figure that is not known (yet) is NaN.
 *
 * @param step t, the number of the update, from 0
 * @param distance d of the radius's trust region
 * @param meanDistance the running mean of d over the run, this step's included
 * @param metricNorm √(vᵀDv)
 * @param gradientNorm ‖g‖ of the first pass, over the ascending parameters
 * @param learningRate the base optimizer's learning rate in this update
 * @param largestLearningRate the largest learning rate so far, this update's included
 * @param uniform a number in [0, 1) drawn for this step
 */
public record StepContext(
        long step,
        double distance,
        RunningMean meanDistance,
        double metricNorm,
        double gradientNorm,
        double learningRate,
        double largestLearningRate,
        double uniform) {

    /**
     * A step of which only the number is known.
     *
     * @param step t, from 0
     * @return the context
     */
    public static StepContext at(long step) {
        return new StepContext(
                step,
                Double.NaN,
                new RunningMean(),
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN);
    }

    /**
     * Returns this step with a distance.
     *
     * @param value d
     * @param mean the running mean of d, this one included
     * @return the context
     */
    public StepContext withDistance(double value, RunningMean mean) {
        return new StepContext(
                step,
                value,
                mean,
                metricNorm,
                gradientNorm,
                learningRate,
                largestLearningRate,
                uniform);
    }

    /**
     * Returns this step with the norms of its gradient.
     *
     * @param metric √(vᵀDv)
     * @param gradient ‖g‖
     * @return the context
     */
    public StepContext withNorms(double metric, double gradient) {
        return new StepContext(
                step,
                distance,
                meanDistance,
                metric,
                gradient,
                learningRate,
                largestLearningRate,
                uniform);
    }

    /**
     * Returns this step with learning rates.
     *
     * @param rate the rate of this update
     * @param largest the largest so far
     * @return the context
     */
    public StepContext withLearningRate(double rate, double largest) {
        return new StepContext(
                step, distance, meanDistance, metricNorm, gradientNorm, rate, largest, uniform);
    }

    /**
     * Returns this step with a random number.
     *
     * @param value a number in [0, 1)
     * @return the context
     */
    public StepContext withUniform(double value) {
        return new StepContext(
                step,
                distance,
                meanDistance,
                metricNorm,
                gradientNorm,
                learningRate,
                largestLearningRate,
                value);
    }
}
