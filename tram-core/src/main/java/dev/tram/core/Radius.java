package dev.tram.core;

import dev.tram.core.internal.Arguments;
import java.util.Objects;
import java.util.Optional;

/**
 * The size of the ball in which the loss is maximised: a constant ρ, or a trust region's distance.
 */
public sealed interface Radius {

    /**
     * Returns the trust region that the radius measures, if any.
     *
     * @return the trust region
     */
    Optional<TrustRegion> trustRegion();

    /**
     * Returns the radius of a step.
     *
     * @param distance the step's distance d, finite and at least 0; ignored without a trust region
     * @param mean the running mean of d over the run, this step's d included
     * @return the radius, at least 0
     * @throws IllegalArgumentException if a relative radius gets a distance but an empty mean
     */
    double value(double distance, RunningMean mean);

    /**
     * A constant radius ρ, as in SAM, ASAM and Fisher SAM (there called γ).
     *
     * @param rho ρ, finite and at least 0; 0 is no ascent at all
     * @return the radius
     */
    static Radius fixed(float rho) {
        return new Fixed(rho);
    }

    /**
     * The distance d itself (Eq. 7).
     *
     * @param region the trust region
     * @return the radius
     */
    static Radius distance(TrustRegion region) {
        return new Distance(region);
    }

    /**
     * ρ·d divided by the running mean of d: of average size ρ whatever the scale of d.
     * Experimental; not of the paper, whose d is often too small to move the parameters.
     *
     * @param region the trust region
     * @param rho ρ, finite and at least 0
     * @return the radius
     */
    static Radius relative(TrustRegion region, float rho) {
        return new Relative(region, rho);
    }

    /**
     * Returns this radius times a constant.
     *
     * @param factor the constant, finite and at least 0
     * @return the radius
     */
    default Radius scaledBy(float factor) {
        return new Scaled(this, factor);
    }

    /**
     * Returns this radius, but never more than a maximum (the paper assumes d ≤ ρ).
     *
     * @param maximum the largest radius, finite and at least 0
     * @return the radius
     */
    default Radius atMost(float maximum) {
        return new Bounded(this, maximum);
    }

    /**
     * See {@link Radius#fixed(float)}.
     *
     * @param rho ρ
     */
    record Fixed(float rho) implements Radius {

        /** Validates ρ. */
        public Fixed {
            Arguments.nonNegative("rho", rho);
        }

        @Override
        public Optional<TrustRegion> trustRegion() {
            return Optional.empty();
        }

        @Override
        public double value(double distance, RunningMean mean) {
            return rho;
        }
    }

    /**
     * See {@link Radius#distance(TrustRegion)}.
     *
     * @param region the trust region
     */
    record Distance(TrustRegion region) implements Radius {

        /** Rejects null. */
        public Distance {
            Objects.requireNonNull(region, "region");
        }

        @Override
        public Optional<TrustRegion> trustRegion() {
            return Optional.of(region);
        }

        @Override
        public double value(double distance, RunningMean mean) {
            return distance;
        }
    }

    /**
     * See {@link Radius#relative(TrustRegion, float)}.
     *
     * @param region the trust region
     * @param rho ρ
     */
    record Relative(TrustRegion region, float rho) implements Radius {

        /** Validates ρ. */
        public Relative {
            Objects.requireNonNull(region, "region");
            Arguments.nonNegative("rho", rho);
        }

        @Override
        public Optional<TrustRegion> trustRegion() {
            return Optional.of(region);
        }

        @Override
        public double value(double distance, RunningMean mean) {
            if (distance == 0) {
                return 0;
            }
            if (mean.value() == 0) {
                throw Arguments.rejected(
                        "mean", "a running mean that includes the distance " + distance, 0);
            }
            return rho * (distance / mean.value());
        }
    }

    /**
     * See {@link Radius#scaledBy(float)}.
     *
     * @param radius the radius
     * @param factor the constant
     */
    record Scaled(Radius radius, float factor) implements Radius {

        /** Validates the factor. */
        public Scaled {
            Objects.requireNonNull(radius, "radius");
            Arguments.nonNegative("factor", factor);
        }

        @Override
        public Optional<TrustRegion> trustRegion() {
            return radius.trustRegion();
        }

        @Override
        public double value(double distance, RunningMean mean) {
            return factor * radius.value(distance, mean);
        }
    }

    /**
     * See {@link Radius#atMost(float)}.
     *
     * @param radius the radius
     * @param maximum the largest radius
     */
    record Bounded(Radius radius, float maximum) implements Radius {

        /** Validates the maximum. */
        public Bounded {
            Objects.requireNonNull(radius, "radius");
            Arguments.nonNegative("maximum", maximum);
        }

        @Override
        public Optional<TrustRegion> trustRegion() {
            return radius.trustRegion();
        }

        @Override
        public double value(double distance, RunningMean mean) {
            return Math.min(maximum, radius.value(distance, mean));
        }
    }
}
