package dev.tram.djl;

import dev.tram.core.internal.Arguments;

/**
 * An average θ̄ of the weights, kept beside a training by any method and evaluated or saved as the
 * model: see {@link TramOptimizer#showWeightAverage}. It costs one copy of the weights.
 *
 * @param decay β of an exponential average, in [0, 1); NaN for a uniform one
 * @param from the first update that a uniform average counts, from 0
 */
public record WeightAverage(float decay, long from) {

    /** Validates the parameters. */
    public WeightAverage {
        if (!Float.isNaN(decay)) {
            Arguments.fraction("decay", decay);
        }
        Arguments.atLeast("from", from, 0);
    }

    /**
     * θ̄ ← βθ̄ + (1−β)θ after each update, θ̄ = θ_0 at first (EMA).
     *
     * @param decay β, in [0, 1)
     * @return the average
     */
    public static WeightAverage exponential(float decay) {
        return new WeightAverage(Arguments.fraction("decay", decay), 0);
    }

    /**
     * The mean of θ after each update from a step on, θ itself before (SWA, Izmailov et al. 2018).
     *
     * @param step the first update that counts, at least 0
     * @return the average
     */
    public static WeightAverage uniform(long step) {
        return new WeightAverage(Float.NaN, step);
    }

    /**
     * Returns the share of the old θ̄ after an update.
     *
     * @param update the number of the update, from 0
     * @return the factor of the old θ̄; 1 minus it is θ's
     */
    double share(long update) {
        if (!Float.isNaN(decay)) {
            return decay;
        }
        long counted = Math.max(0, update - from);
        return counted / (counted + 1.0);
    }
}
