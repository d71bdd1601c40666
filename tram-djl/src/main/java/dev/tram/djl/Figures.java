package dev.tram.djl;

import dev.tram.djl.TramStep.Kind;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What the host knows of one replica's part of a step; NaN where it was not measured.
 *
 * @param positions how many distributions the loss is a mean over
 * @param loss the loss of the first pass, penalty included
 * @param distance d of the radius's trust region
 * @param penaltyDistance d of the penalty's trust region
 * @param gradientSquare gᵀg over the ascending parameters
 * @param metricSquare vᵀDv
 * @param directionSquare (Dv)ᵀ(Dv)
 * @param radius r
 * @param perturbedLoss the loss at θ + ε*
 * @param perturbationNorm ‖ε*‖ as computed
 * @param realisedNorm ‖(θ + ε*) − θ‖ as stored
 * @param descentSquare squared norm over all trained parameters of what the base optimizer is given
 * @param ascended whether there was an ascent
 */
record Figures(
        double positions,
        double loss,
        double distance,
        double penaltyDistance,
        double gradientSquare,
        double metricSquare,
        double directionSquare,
        double radius,
        double perturbedLoss,
        double perturbationNorm,
        double realisedNorm,
        double descentSquare,
        boolean ascended) {

    /** What is known after the first pass. */
    static Figures first(
            double positions,
            double loss,
            double distance,
            double penaltyDistance,
            double gradientSquare,
            double metricSquare,
            double directionSquare) {
        return new Figures(
                positions,
                loss,
                distance,
                penaltyDistance,
                gradientSquare,
                metricSquare,
                directionSquare,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                false);
    }

    /** These figures of a gradient that was exchanged between replicas, and of their mean d. */
    Figures synced(double d, double gradient, double metric, double direction) {
        return first(positions, loss, d, penaltyDistance, gradient, metric, direction);
    }

    /** These figures of a part that did not ascend. */
    Figures plain(double r, double square) {
        return new Figures(
                positions,
                loss,
                distance,
                penaltyDistance,
                gradientSquare,
                metricSquare,
                directionSquare,
                r,
                Double.NaN,
                0,
                0,
                square,
                false);
    }

    /** These figures of a part that ascended. */
    Figures ascended(double r, double perturbed, double norm, double realised, double square) {
        return new Figures(
                positions,
                loss,
                distance,
                penaltyDistance,
                gradientSquare,
                metricSquare,
                directionSquare,
                r,
                perturbed,
                norm,
                realised,
                square,
                true);
    }

    /** Whether the first pass's gradient is fit for an update. */
    boolean isFinite() {
        return Double.isFinite(loss) && Double.isFinite(gradientSquare);
    }

    /** Whether what the base optimizer is given is fit for an update. */
    boolean isDescentFinite() {
        return Double.isFinite(descentSquare) && (!ascended || Double.isFinite(perturbedLoss));
    }

    /** Whether an ascent can be computed. */
    boolean canAscend() {
        return metricSquare > 0
                && Double.isFinite(metricSquare)
                && Double.isFinite(directionSquare);
    }

    static double positions(List<Figures> parts) {
        return parts.stream().mapToDouble(Figures::positions).sum();
    }

    /** The mean of a figure over parts, weighted by positions. */
    static double mean(List<Figures> parts, ToDoubleFunction<Figures> figure) {
        double total = positions(parts);
        double sum = 0;
        for (Figures part : parts) {
            double share = total == 0 ? 1.0 / parts.size() : part.positions / total;
            sum += share * figure.applyAsDouble(part);
        }
        return sum;
    }

    /** The record of a step, of a kind that may still change. */
    static TramStep step(List<Figures> parts) {
        double distance = mean(parts, Figures::distance);
        boolean ascended = parts.stream().anyMatch(Figures::ascended);
        return new TramStep(
                mean(parts, Figures::loss),
                mean(parts, Figures::perturbedLoss),
                Double.isNaN(distance) ? mean(parts, Figures::penaltyDistance) : distance,
                mean(parts, Figures::radius),
                mean(parts, figures -> Math.sqrt(figures.gradientSquare)),
                mean(parts, Figures::perturbationNorm),
                mean(parts, Figures::realisedNorm),
                ascended ? Kind.ASCENDED : Kind.PLAIN);
    }
}
