package dev.tram.djl;

/**
 * What the host reads after the descent gradient of one replica is known.
 *
 * @param perturbedLoss the loss at θ + ε*, NaN without an ascent
 * @param radius r
 * @param perturbationNorm ‖ε*‖ as computed
 * @param realisedNorm ‖(θ + ε*) − θ‖ as stored
 * @param squaredGradient g′ᵀg′ over all trained parameters, or of g without an ascent
 * @param ascended whether there was an ascent
 */
record SecondPass(
        double perturbedLoss,
        double radius,
        double perturbationNorm,
        double realisedNorm,
        double squaredGradient,
        boolean ascended) {

    static SecondPass none(double radius, double squaredGradient) {
        return new SecondPass(Double.NaN, radius, 0, 0, squaredGradient, false);
    }

    boolean isFinite() {
        return Double.isFinite(squaredGradient) && (!ascended || Double.isFinite(perturbedLoss));
    }
}
