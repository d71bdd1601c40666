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
 * @param perturbation the ascent
 * @param descentSquare squared norm over all trained parameters of g′, or of what is given to the
 *     base optimizer where there was no ascent
 */
record Figures(
        double positions,
        double loss,
        double distance,
        double penaltyDistance,
        double gradientSquare,
        double metricSquare,
        double directionSquare,
        Perturbation perturbation,
        double descentSquare) {

    /**
     * An ascent, or that there was none.
     *
     * @param radius r
     * @param loss the loss at θ + ε*
     * @param norm ‖ε*‖ as computed
     * @param realisedNorm ‖(θ + ε*) − θ‖ as stored
     * @param exists whether there was an ascent
     */
    record Perturbation(
            double radius, double loss, double norm, double realisedNorm, boolean exists) {

        private static final Perturbation UNKNOWN =
                new Perturbation(Double.NaN, Double.NaN, Double.NaN, Double.NaN, false);

        /** No ascent, whatever the radius. */
        static Perturbation none(double radius) {
            return new Perturbation(radius, Double.NaN, 0, 0, false);
        }

        static Perturbation of(double radius, double loss, double norm, double realisedNorm) {
            return new Perturbation(radius, loss, norm, realisedNorm, true);
        }
    }

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
                Perturbation.UNKNOWN,
                Double.NaN);
    }

    /** These figures of a gradient that was exchanged between replicas, and of their mean d. */
    Figures synced(double d, double gradient, double metric, double direction) {
        return first(positions, loss, d, penaltyDistance, gradient, metric, direction);
    }

    /** These figures of a part that is done. */
    Figures done(Perturbation ascent, double square) {
        return new Figures(
                positions,
                loss,
                distance,
                penaltyDistance,
                gradientSquare,
                metricSquare,
                directionSquare,
                ascent,
                square);
    }

    boolean ascended() {
        return perturbation.exists;
    }

    /** Whether the first pass's gradient is fit for an update. */
    boolean isFinite() {
        return Double.isFinite(loss) && Double.isFinite(gradientSquare);
    }

    /** Whether what the base optimizer is given is fit for an update. */
    boolean isDescentFinite() {
        return Double.isFinite(descentSquare)
                && (!ascended() || Double.isFinite(perturbation.loss));
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
                mean(parts, part -> part.perturbation.loss),
                Double.isNaN(distance) ? mean(parts, Figures::penaltyDistance) : distance,
                mean(parts, part -> part.perturbation.radius),
                mean(parts, part -> Math.sqrt(part.gradientSquare)),
                mean(parts, part -> part.perturbation.norm),
                mean(parts, part -> part.perturbation.realisedNorm),
                ascended ? Kind.ASCENDED : Kind.PLAIN);
    }
}
