package dev.tram.core;

import dev.tram.core.internal.Arguments;
import java.util.Objects;

/**
 * The shape of the ball in which the loss is maximised, as a diagonal metric.
 *
 * <p>With D the inverse of that metric, the first-order maximiser of the loss in the ball of radius
 * r is ε* = r D g / √(gᵀDg). Every method is a choice of D:
 *
 * <table>
 *   <caption>Neighborhoods</caption>
 *   <tr><th>neighborhood</th><th>D</th><th>source</th></tr>
 *   <tr><td>Euclidean</td><td>1</td><td>SAM, Foret et al. 2021</td></tr>
 *   <tr><td>adaptive</td><td>T², T = |θ| + η</td><td>ASAM, Kwon et al. 2021; Eq. 2 and 7</td></tr>
 *   <tr><td>Fisher</td><td>1 / (1 + ηf), f = g²</td><td>Fisher SAM, Kim et al. 2022; Eq. 8</td></tr>
 * </table>
 */
public sealed interface Neighborhood {

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

    /** D = 1. */
    record Euclidean() implements Neighborhood {}

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
    }

    /**
     * D = 1 / (1 + ηf) with f the squared gradient at x + z.
     *
     * @param eta η
     * @param noise the noise z
     * @param shared true if the first pass runs at x + z, false if f has a pass of its own
     */
    record NoisyFisher(float eta, Noise noise, boolean shared) implements Neighborhood {

        /** Validates η. */
        public NoisyFisher {
            Arguments.nonNegative("eta", eta);
            Objects.requireNonNull(noise, "noise");
        }
    }
}
