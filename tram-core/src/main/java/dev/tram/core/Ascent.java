package dev.tram.core;

import dev.tram.core.internal.Arguments;
import java.util.Objects;

/**
 * How the parameters climb before the descent gradient is taken: ε* = r D v / (√(vᵀDv) + δ), with v
 * a {@link Direction}, D of a {@link Neighborhood}, r a {@link Radius}, in the steps of a {@link
 * Schedule}. Any choice can be combined with any other, except that a momentum direction, known
 * before the first pass, excludes some.
 *
 * @param direction the vector that is climbed
 * @param neighborhood the shape of the ball
 * @param radius the size of the ball
 * @param schedule the steps that ascend
 */
public record Ascent(
        Direction direction, Neighborhood neighborhood, Radius radius, Schedule schedule) {

    /** δ, added to a norm or square before it divides. */
    public static final double FLOOR = 1e-12;

    /** Rejects null and choices that exclude each other. */
    public Ascent {
        Objects.requireNonNull(direction, "direction");
        Objects.requireNonNull(neighborhood, "neighborhood");
        Objects.requireNonNull(radius, "radius");
        Objects.requireNonNull(schedule, "schedule");
        if (radius.isLagged() && !radius.isBounded()) {
            throw Arguments.rejected(
                    "lagged radius", "bounded by atMost(rho), since d then contains ε", radius);
        }
        if (neighborhood.sharesFirstPass() && schedule.readsGradient()) {
            throw Arguments.rejected(
                    "schedule of a first pass at x + z",
                    "one that does not read ‖g‖, since a plain step's pass is at x",
                    schedule);
        }
        if (direction.isMomentum()) {
            checkMomentum(neighborhood, radius, schedule);
        }
    }

    /** Momentum is climbed before the first pass, when neither g nor this step's d is known. */
    private static void checkMomentum(Neighborhood neighborhood, Radius radius, Schedule schedule) {
        if (neighborhood.readsGradient() || neighborhood.readsSecondMoment()) {
            throw Arguments.rejected(
                    "neighborhood of a momentum ascent", "Euclidean or adaptive", neighborhood);
        }
        if (radius.readsGradient()) {
            throw Arguments.rejected(
                    "radius of a momentum ascent",
                    "fixed, by learning rate, or distance(region).lagged().atMost(rho)",
                    radius);
        }
        if (schedule.readsGradient()) {
            throw Arguments.rejected(
                    "schedule of a momentum ascent", "one that does not read ‖g‖", schedule);
        }
    }

    /**
     * Any neighborhood with any radius, along the gradient in every step.
     *
     * @param neighborhood the shape of the ball
     * @param radius the size of the ball
     * @return the ascent
     */
    public static Ascent of(Neighborhood neighborhood, Radius radius) {
        return new Ascent(Direction.gradient(), neighborhood, radius, Schedule.always());
    }

    /**
     * Returns this ascent along another direction.
     *
     * @param other the direction
     * @return the ascent
     */
    public Ascent withDirection(Direction other) {
        return new Ascent(other, neighborhood, radius, schedule);
    }

    /**
     * Returns this ascent in the steps of another schedule.
     *
     * @param other the schedule
     * @return the ascent
     */
    public Ascent withSchedule(Schedule other) {
        return new Ascent(direction, neighborhood, radius, other);
    }

    /**
     * Returns whether there is never an ascent.
     *
     * @return true if the radius is always 0
     */
    public boolean isNone() {
        return radius.isZero();
    }

    /**
     * Returns the factor of D v in ε*.
     *
     * @param radius r, at least 0
     * @param metricNorm √(vᵀDv), at least 0
     * @return r / (√(vᵀDv) + δ)
     */
    public static double scale(double radius, double metricNorm) {
        return radius / (metricNorm + FLOOR);
    }

    /**
     * No ascent: the base optimizer's own step.
     *
     * @return the ascent
     */
    public static Ascent none() {
        return sam(0f);
    }

    /**
     * SAM (Foret et al. 2021): ε* = ρ g / ‖g‖.
     *
     * @param rho ρ, finite and at least 0; the paper uses 0.05
     * @return the ascent
     */
    public static Ascent sam(float rho) {
        return of(Neighborhood.euclidean(), Radius.fixed(rho));
    }

    /**
     * ASAM (Kwon et al. 2021, Eq. 2): ε* = ρ θ² g / ‖θ g‖.
     *
     * @param rho ρ, finite and at least 0; the paper uses 0.5
     * @return the ascent
     */
    public static Ascent asam(float rho) {
        return asam(rho, 0f);
    }

    /**
     * ASAM with T = |θ| + η: ε* = ρ T² g / ‖T g‖.
     *
     * @param rho ρ, finite and at least 0
     * @param eta η, finite and at least 0
     * @return the ascent
     */
    public static Ascent asam(float rho, float eta) {
        return of(Neighborhood.adaptive(eta), Radius.fixed(rho));
    }

    /**
     * Fisher SAM (Kim et al. 2022, Eq. 8): ε* = γ F⁻¹g / √(gᵀF⁻¹g), F = 1 + ηg².
     *
     * @param gamma γ, finite and at least 0; the paper uses 0.1
     * @param eta η, finite and at least 0; the paper uses 0.1
     * @return the ascent
     */
    public static Ascent fisher(float gamma, float eta) {
        return of(Neighborhood.fisher(eta), Radius.fixed(gamma));
    }

    /**
     * TRAM (Eq. 7): ε* = d θ² g / ‖θ g‖.
     *
     * @param region the trust region that measures d
     * @return the ascent
     */
    public static Ascent tram(TrustRegion region) {
        return of(Neighborhood.adaptive(), Radius.distance(region));
    }

    /**
     * TRAM-Fisher as in Algorithm 2: Fisher SAM with F from the gradient at x + z; 3 forward and 3
     * backward passes.
     *
     * @param gamma γ, finite and at least 0
     * @param eta η, finite and at least 0
     * @param noise the noise z
     * @return the ascent
     */
    public static Ascent tramFisher(float gamma, float eta, Noise noise) {
        return of(Neighborhood.fisher(eta, noise), Radius.fixed(gamma));
    }

    /**
     * TRAM-Fisher as in Table 2: the first pass itself runs at x + z; 2 forward and 2 backward
     * passes.
     *
     * @param gamma γ, finite and at least 0
     * @param eta η, finite and at least 0
     * @param noise the noise z
     * @return the ascent
     */
    public static Ascent tramFisherShared(float gamma, float eta, Noise noise) {
        return of(Neighborhood.fisherShared(eta, noise), Radius.fixed(gamma));
    }
}
