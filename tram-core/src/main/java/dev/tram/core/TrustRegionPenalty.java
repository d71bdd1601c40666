package dev.tram.core;

import ai.djl.ndarray.NDArray;
import dev.tram.core.internal.Arguments;
import dev.tram.core.internal.Scalars;
import java.util.Objects;

/**
 * A trust region as a penalty on the loss, L + λd: TRPO with the previous step, R3F with noisy
 * input, MESA with a moving average. Two forward passes and one backward pass.
 *
 * @param trustRegion the trust region that d measures
 * @param weight λ
 */
public record TrustRegionPenalty(TrustRegion trustRegion, float weight) {

    /** Rejects null and a weight that is negative or not finite. */
    public TrustRegionPenalty {
        Objects.requireNonNull(trustRegion, "trustRegion");
        Arguments.nonNegative("weight (lambda)", weight);
    }

    /**
     * A penalty with the paper's λ = 0.1.
     *
     * @param trustRegion the trust region that d measures
     * @return the penalty
     */
    public static TrustRegionPenalty of(TrustRegion trustRegion) {
        return new TrustRegionPenalty(trustRegion, 0.1f);
    }

    /**
     * Returns this penalty with another weight.
     *
     * @param lambda λ, finite and at least 0
     * @return the penalty
     */
    public TrustRegionPenalty withWeight(float lambda) {
        return new TrustRegionPenalty(trustRegion, lambda);
    }

    /**
     * Returns L + λd.
     *
     * @param loss L, a scalar
     * @param distance d, a scalar
     * @return L + λd
     */
    public NDArray penalized(NDArray loss, NDArray distance) {
        return loss.add(distance.mul(Scalars.like(weight, distance)));
    }

    @Override
    public String toString() {
        return weight + " times the distance to " + trustRegion;
    }
}
