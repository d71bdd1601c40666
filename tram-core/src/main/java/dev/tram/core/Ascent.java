package dev.tram.core;

import java.util.Objects;

/**
 * How the parameters climb before the descent gradient is taken: ε* = r D g / (√(gᵀDg) + δ), with D
 * of a {@link Neighborhood} and r a {@link Radius}. Any radius combines with any neighborhood.
 *
 * @param neighborhood the shape of the ball
 * @param radius the size of the ball
 */
public record Ascent(Neighborhood neighborhood, Radius radius) {

    /** δ, the floor under the norm that divides. */
    public static final double FLOOR = 1e-12;

    /** Rejects null. */
    public Ascent {
        Objects.requireNonNull(neighborhood, "neighborhood");
        Objects.requireNonNull(radius, "radius");
    }

    /**
     * Any neighborhood with any radius.
     *
     * @param neighborhood the shape of the ball
     * @param radius the size of the ball
     * @return the ascent
     */
    public static Ascent of(Neighborhood neighborhood, Radius radius) {
        return new Ascent(neighborhood, radius);
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
