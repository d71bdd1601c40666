package dev.tram.djl;

/**
 * What one training batch did. A figure that a method does not have is NaN; on several devices each
 * is the mean over the devices, weighted by valid positions.
 *
 * @param loss the loss of the first pass, the penalty λd included; that pass is at θ + ε in a
 *     momentum ascent
 * @param perturbedLoss the loss of the second pass, at θ + ε*; NaN without one
 * @param distance d of the radius's trust region, else of the penalty
 * @param radius the radius of the ball
 * @param gradientNorm ‖g‖ of the first pass, over the ascending parameters
 * @param perturbationNorm ‖ε*‖ as computed
 * @param realisedNorm ‖(θ + ε*) − θ‖ as stored: the part of ε* that survived rounding
 * @param kind what became of the batch
 */
public record TramStep(
        double loss,
        double perturbedLoss,
        double distance,
        double radius,
        double gradientNorm,
        double perturbationNorm,
        double realisedNorm,
        Kind kind) {

    /**
     * Returns by how much the ascent raised the loss, relative to it, which shows whether the
     * ascent has an effect. Below 1e-4 the step is the base optimizer's at twice the price.
     *
     * @return (perturbedLoss − loss) / |loss|, NaN without a second pass
     */
    public double relativeRise() {
        return (perturbedLoss - loss) / Math.abs(loss);
    }

    TramStep withKind(Kind other) {
        return new TramStep(
                loss,
                perturbedLoss,
                distance,
                radius,
                gradientNorm,
                perturbationNorm,
                realisedNorm,
                other);
    }

    /** What became of a batch. */
    public enum Kind {
        /** The parameters were updated with the gradient at θ + ε*. */
        ASCENDED,
        /** The parameters were updated with the gradient at θ, since ε* was 0 or not asked for. */
        PLAIN,
        /**
         * A loss or gradient was not finite, or no position of the batch was valid: nothing was
         * updated.
         */
        SKIPPED,
        /** The gradient was added to those of the group; the update comes with a later batch. */
        ACCUMULATED
    }
}
