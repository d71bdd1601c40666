package dev.tram.core;

import dev.tram.core.internal.Arguments;
import java.util.Objects;
import java.util.Optional;

/**
 * The size r of the ball in which the loss is maximised: a constant ρ, a trust region's distance,
 * or anything else that a step shows.
 *
 * <table>
 *   <caption>Radii</caption>
 *   <tr><th>radius</th><th>r</th><th>source</th></tr>
 *   <tr><td>fixed(ρ)</td><td>ρ</td><td>SAM, Foret et al. 2021</td></tr>
 *   <tr><td>distance(region)</td><td>d</td><td>TRAM, Eq. 7</td></tr>
 *   <tr><td>relative(region, ρ)</td><td>ρd / mean of d</td><td>ours</td></tr>
 *   <tr><td>unnormalised(ρ)</td><td>ρ√(vᵀDv), so that ε = ρDv</td><td>USAM</td></tr>
 *   <tr><td>byLearningRate(a, b)</td><td>a + (b − a) lr/lr_max</td><td>GSAM, ICLR 2022</td></tr>
 * </table>
 *
 * <p>To define your own radius, implement {@link #value} in a record; its text goes into
 * checkpoints.
 */
public interface Radius {

    /**
     * Returns the radius of a step.
     *
     * @param step the step; its distance is finite and at least 0 if there is a {@link
     *     #trustRegion}
     * @return the radius, at least 0; 0 means no ascent
     */
    double value(StepContext step);

    /**
     * Returns the trust region that the radius measures, if any.
     *
     * @return the trust region, empty by default
     */
    default Optional<TrustRegion> trustRegion() {
        return Optional.empty();
    }

    /**
     * Returns whether the radius is 0 in every step, so that there is never an ascent.
     *
     * @return false by default
     */
    default boolean isZero() {
        return false;
    }

    /**
     * Returns whether {@link StepContext#distance} is that of the latest earlier batch.
     *
     * @return false by default
     */
    default boolean isLagged() {
        return false;
    }

    /**
     * Returns whether there is a largest radius.
     *
     * @return false by default
     */
    default boolean isBounded() {
        return false;
    }

    /**
     * Returns whether the value depends on this step's gradient, so that it is unknown before the
     * first pass.
     *
     * @return true by default, for a radius about which nothing is known
     */
    default boolean readsGradient() {
        return true;
    }

    /**
     * Returns whether the value depends on the learning rate.
     *
     * @return false by default
     */
    default boolean readsLearningRate() {
        return false;
    }

    /**
     * A constant radius ρ, as in SAM, ASAM and Fisher SAM (there called γ).
     *
     * @param rho ρ, finite and at least 0; 0 means no ascent at all
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
     * USAM: ε = ρ D v, longer where the gradient is.
     *
     * @param rho ρ, finite and at least 0
     * @return the radius
     */
    static Radius unnormalised(float rho) {
        return new Unnormalised(rho);
    }

    /**
     * GSAM's schedule: from ρ_max at the largest learning rate so far down to ρ_min at 0.
     *
     * @param minimum ρ_min, finite and at least 0
     * @param maximum ρ_max, finite and at least ρ_min
     * @return the radius
     */
    static Radius byLearningRate(float minimum, float maximum) {
        return new ByLearningRate(minimum, maximum, Optional.empty());
    }

    /**
     * GSAM's schedule: from ρ_max at a given learning rate down to ρ_min at 0.
     *
     * @param minimum ρ_min, finite and at least 0
     * @param maximum ρ_max, finite and at least ρ_min
     * @param largestRate the learning rate of ρ_max, finite and greater than 0
     * @return the radius
     */
    static Radius byLearningRate(float minimum, float maximum, float largestRate) {
        return new ByLearningRate(minimum, maximum, Optional.of(largestRate));
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
     * Returns this radius of the latest earlier batch's d, which is known before the first pass;
     * there is no ascent while there is none. An {@link Ascent} takes it only with {@link #atMost},
     * since d then contains ε and could feed on itself.
     *
     * @return the radius
     * @throws IllegalArgumentException if this radius measures no distance
     */
    default Radius lagged() {
        return new Lagged(this);
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
        public boolean isZero() {
            return rho == 0f;
        }

        @Override
        public boolean isBounded() {
            return true;
        }

        @Override
        public boolean readsGradient() {
            return false;
        }

        @Override
        public double value(StepContext step) {
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
        public double value(StepContext step) {
            return step.distance();
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
        public double value(StepContext step) {
            double distance = step.distance();
            if (distance == 0) {
                return 0;
            }
            double mean = step.meanDistance().value();
            if (mean == 0) {
                throw Arguments.rejected(
                        "mean", "a running mean that includes the distance " + distance, 0);
            }
            return rho * (distance / mean);
        }
    }

    /**
     * See {@link Radius#scaledBy(float)}.
     *
     * @param radius the radius
     * @param factor the constant
     */
    record Scaled(Radius radius, float factor) implements DerivedRadius {

        /** Validates the factor. */
        public Scaled {
            Objects.requireNonNull(radius, "radius");
            Arguments.nonNegative("factor", factor);
        }

        @Override
        public double value(StepContext step) {
            return factor * radius.value(step);
        }

        @Override
        public boolean isZero() {
            return factor == 0f || radius.isZero();
        }
    }

    /**
     * See {@link Radius#atMost(float)}.
     *
     * @param radius the radius
     * @param maximum the largest radius
     */
    record Bounded(Radius radius, float maximum) implements DerivedRadius {

        /** Validates the maximum. */
        public Bounded {
            Objects.requireNonNull(radius, "radius");
            Arguments.nonNegative("maximum", maximum);
        }

        @Override
        public double value(StepContext step) {
            return Math.min(maximum, radius.value(step));
        }

        @Override
        public boolean isZero() {
            return maximum == 0f || radius.isZero();
        }

        @Override
        public boolean isBounded() {
            return true;
        }
    }

    /**
     * See {@link Radius#unnormalised(float)}.
     *
     * @param rho ρ
     */
    record Unnormalised(float rho) implements Radius {

        /** Validates ρ. */
        public Unnormalised {
            Arguments.nonNegative("rho", rho);
        }

        @Override
        public double value(StepContext step) {
            return rho * step.metricNorm();
        }

        @Override
        public boolean isZero() {
            return rho == 0f;
        }
    }

    /**
     * See {@link Radius#byLearningRate(float, float)}.
     *
     * @param minimum ρ_min
     * @param maximum ρ_max
     * @param largestRate the learning rate of ρ_max, the largest so far if empty
     */
    record ByLearningRate(float minimum, float maximum, Optional<Float> largestRate)
            implements Radius {

        /** Validates the bounds. */
        public ByLearningRate {
            Arguments.nonNegative("minimum", minimum);
            Arguments.nonNegative("maximum", maximum);
            if (maximum < minimum) {
                throw Arguments.rejected("maximum", "at least the minimum " + minimum, maximum);
            }
            largestRate.ifPresent(rate -> Arguments.positive("largestRate", rate));
        }

        @Override
        public double value(StepContext step) {
            double largest =
                    largestRate.isPresent() ? largestRate.get() : step.largestLearningRate();
            if (Double.isNaN(step.learningRate())) {
                throw new IllegalStateException(
                        "byLearningRate needs a base optimizer whose learning rate DJL's tracker"
                                + " gives (SGD, Adam, AdamW), received: another one");
            }
            double share = largest == 0 ? 0 : Math.min(1, step.learningRate() / largest);
            return minimum + (double) (maximum - minimum) * share;
        }

        @Override
        public boolean isZero() {
            return maximum == 0f;
        }

        @Override
        public boolean isBounded() {
            return true;
        }

        @Override
        public boolean readsGradient() {
            return false;
        }

        @Override
        public boolean readsLearningRate() {
            return true;
        }
    }

    /**
     * See {@link Radius#lagged()}.
     *
     * @param radius the radius, as a function of the earlier d
     */
    record Lagged(Radius radius) implements DerivedRadius {

        /** Rejects a radius without distance. */
        public Lagged {
            if (radius.trustRegion().isEmpty()) {
                throw Arguments.rejected("lagged radius", "of a trust region's distance", radius);
            }
        }

        @Override
        public double value(StepContext step) {
            return Double.isNaN(step.distance()) ? 0 : radius.value(step);
        }

        @Override
        public boolean isLagged() {
            return true;
        }

        @Override
        public boolean readsGradient() {
            return false;
        }
    }
}
