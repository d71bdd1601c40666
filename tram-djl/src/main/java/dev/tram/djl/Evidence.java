package dev.tram.djl;

/**
 * What the host reads after the first pass of one replica.
 *
 * @param loss the loss, penalty included
 * @param distance d as reported: of the radius's trust region, else of the penalty, NaN without one
 * @param radiusDistance d of the radius's trust region, NaN where the radius needs none
 * @param squaredGradient gᵀg over the ascending parameters
 * @param gradientMetric gᵀDg
 * @param squaredDirection (Dg)ᵀ(Dg)
 * @param positions how many distributions the loss is a mean over
 */
record Evidence(
        double loss,
        double distance,
        double radiusDistance,
        double squaredGradient,
        double gradientMetric,
        double squaredDirection,
        double positions) {

    /** Whether the gradient is fit for an update. */
    boolean isFinite() {
        return Double.isFinite(loss) && Double.isFinite(squaredGradient);
    }

    /** Whether an ascent can be computed from it. */
    boolean canAscend() {
        return gradientMetric > 0
                && Double.isFinite(gradientMetric)
                && Double.isFinite(squaredDirection);
    }

    Evidence withGradient(Evidence other) {
        return new Evidence(
                loss,
                distance,
                radiusDistance,
                other.squaredGradient,
                other.gradientMetric,
                other.squaredDirection,
                positions);
    }

    Evidence withRadiusDistance(double d) {
        return new Evidence(
                loss, distance, d, squaredGradient, gradientMetric, squaredDirection, positions);
    }
}
