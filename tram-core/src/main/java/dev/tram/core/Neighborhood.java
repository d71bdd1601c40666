package dev.tram.core;

import ai.djl.ndarray.NDArray;
import dev.tram.core.internal.Arguments;
import dev.tram.core.internal.Scalars;
import java.util.Objects;
import java.util.Optional;

/**
 * The shape of the ball in which the loss is maximised, as a diagonal metric.
 *
 * <p>With D the inverse of that metric, the first-order maximiser along v in the ball of radius r
 * is ε* = r D v / √(vᵀDv). Every method is a choice of D:
 *
 * <table>
 *   <caption>Neighborhoods</caption>
 *   <tr><th>neighborhood</th><th>D</th><th>source</th></tr>
 *   <tr><td>Euclidean</td><td>1</td><td>SAM, Foret et al. 2021</td></tr>
 *   <tr><td>adaptive</td><td>T², T = |θ| + η</td><td>ASAM, Kwon et al. 2021; Eq. 2 and 7</td></tr>
 *   <tr><td>Fisher</td><td>1 / (1 + ηf), f = g²</td><td>Fisher SAM, Kim et al. 2022; Eq. 8</td></tr>
 *   <tr><td>preconditioned</td><td>1 / (√v̂ + ε), of the base Adam</td><td>Functional SAM, ICML
 *       2025</td></tr>
 * </table>
 *
 * <p>To define your own neighborhood, implement {@link #apply} in a record; its text goes into
 * checkpoints.
 */
public interface Neighborhood {

    /**
     * What D may depend on, for one parameter. Arrays are of the parameter's shape, in float32 or
     * float64.
     *
     * @param theta θ
     * @param fisherGradient the gradient whose square is f: g, or that at x + z
     * @param preconditioner √v̂ + ε of the base Adam from before this update, once there is one;
     *     only where {@link Neighborhood#readsSecondMoment}
     * @param weight whether the parameter is a weight rather than a bias or a normalisation's shift
     */
    record Point(
            NDArray theta,
            NDArray fisherGradient,
            Optional<NDArray> preconditioner,
            boolean weight) {}

    /**
     * Returns D v for one parameter.
     *
     * @param v the direction, in float32 or float64; not changed
     * @param point what D may depend on; not changed
     * @return D v, of v's shape and type; v itself where D is 1
     */
    NDArray apply(NDArray v, Point point);

    /**
     * Returns the noise z if f is the squared gradient at x + z.
     *
     * @return the noise, empty by default: f = g²
     */
    default Optional<Noise> noise() {
        return Optional.empty();
    }

    /**
     * Returns whether the first pass itself runs at x + z and gives both g and f.
     *
     * @return false by default
     */
    default boolean sharesFirstPass() {
        return false;
    }

    /**
     * Returns whether D is made of the base Adam's second moment.
     *
     * @return false by default
     */
    default boolean readsSecondMoment() {
        return false;
    }

    /**
     * Returns whether D depends on this step's gradient, so that it is unknown before the first
     * pass.
     *
     * @return false by default
     */
    default boolean readsGradient() {
        return noise().isPresent();
    }

    /**
     * The Euclidean ball of SAM.
     *
     * @return the neighborhood
     */
    static Neighborhood euclidean() {
        return new Euclidean();
    }

    /**
     * The ball of ASAM and TRAM, scaled by |θ| (Eq. 2 and 7).
     *
     * @return the neighborhood
     */
    static Adaptive adaptive() {
        return adaptive(0f);
    }

    /**
     * The ball of ASAM, scaled by |θ| + η.
     *
     * @param eta η, finite and at least 0
     * @return the neighborhood
     */
    static Adaptive adaptive(float eta) {
        return new Adaptive(eta, false);
    }

    /**
     * The ellipsoid of Fisher SAM, with f the squared batch gradient (Eq. 8 and 9).
     *
     * @param eta η, finite and at least 0; 0 is the Euclidean ball
     * @return the neighborhood
     */
    static Neighborhood fisher(float eta) {
        return new Fisher(eta);
    }

    /**
     * The ellipsoid of TRAM-Fisher: f is the squared batch gradient at the noisy input x + z, from
     * a pass of its own (Algorithm 2).
     *
     * @param eta η, finite and at least 0
     * @param noise the noise z
     * @return the neighborhood
     */
    static Neighborhood fisher(float eta, Noise noise) {
        return new NoisyFisher(eta, noise, false);
    }

    /**
     * The ellipsoid of TRAM-Fisher in two passes: the first pass itself runs at x + z and gives
     * both g and f (Table 2).
     *
     * @param eta η, finite and at least 0
     * @param noise the noise z
     * @return the neighborhood
     */
    static Neighborhood fisherShared(float eta, Noise noise) {
        return new NoisyFisher(eta, noise, true);
    }

    /**
     * Adam's own metric: D = 1/(√v̂ + ε) with the base Adam's bias-corrected second moment from
     * before this update, D = 1 until there is one. Other base optimizers are refused.
     *
     * @return the neighborhood
     */
    static Neighborhood preconditioned() {
        return new Preconditioned();
    }

    /** D = 1. */
    record Euclidean() implements Neighborhood {

        @Override
        public NDArray apply(NDArray v, Point point) {
            return v;
        }
    }

    /**
     * D = T² with T = |θ| + η.
     *
     * @param eta η
     * @param weightsOnly true for the ASAM authors' form: T = 1 on biases and normalisation shifts
     */
    record Adaptive(float eta, boolean weightsOnly) implements Neighborhood {

        /** Validates η. */
        public Adaptive {
            Arguments.nonNegative("eta", eta);
        }

        /**
         * Returns the ASAM authors' form, which scales weights only and takes T = 1 elsewhere; they
         * use η = 0.01.
         *
         * @return the neighborhood
         */
        public Adaptive onWeightsOnly() {
            return new Adaptive(eta, true);
        }

        @Override
        public NDArray apply(NDArray v, Point point) {
            if (weightsOnly && !point.weight()) {
                return v;
            }
            NDArray t = point.theta().abs();
            return (eta > 0 ? t.add(Scalars.like(eta, t)) : t).square().mul(v);
        }
    }

    /**
     * D = 1 / (1 + ηf) with f the squared gradient of the first pass.
     *
     * @param eta η
     */
    record Fisher(float eta) implements Neighborhood {

        /** Validates η. */
        public Fisher {
            Arguments.nonNegative("eta", eta);
        }

        @Override
        public NDArray apply(NDArray v, Point point) {
            return v.div(onePlus(eta, point.fisherGradient().square()));
        }

        @Override
        public boolean readsGradient() {
            return true;
        }
    }

    /**
     * D = 1 / (1 + ηf) with f the squared gradient at x + z.
     *
     * @param eta η
     * @param z the noise z
     * @param shared true if the first pass runs at x + z, false if f has a pass of its own
     */
    record NoisyFisher(float eta, Noise z, boolean shared) implements Neighborhood {

        /** Validates η. */
        public NoisyFisher {
            Arguments.nonNegative("eta", eta);
            Objects.requireNonNull(z, "noise");
        }

        @Override
        public NDArray apply(NDArray v, Point point) {
            return v.div(onePlus(eta, point.fisherGradient().square()));
        }

        @Override
        public Optional<Noise> noise() {
            return Optional.of(z);
        }

        @Override
        public boolean sharesFirstPass() {
            return shared;
        }
    }

    private static NDArray onePlus(float eta, NDArray f) {
        return f.mul(Scalars.like(eta, f)).add(Scalars.like(1, f));
    }

    /** D = 1 / (√v̂ + ε). */
    record Preconditioned() implements Neighborhood {

        @Override
        public NDArray apply(NDArray v, Point point) {
            return point.preconditioner().map(v::div).orElse(v);
        }

        @Override
        public boolean readsSecondMoment() {
            return true;
        }
    }
}
