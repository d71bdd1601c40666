package dev.tram.core;

import dev.tram.core.internal.Arguments;
import java.util.Objects;

/**
 * Which predictive distribution the model should stay close to; with a divergence this is the
 * distance d of the TRAM paper (Eq. 4 and 5). The estimate is always p(·|x, θ_t), the model's
 * output in the first pass.
 */
public sealed interface TrustRegion {

    /**
     * Returns the divergence that measures the distance.
     *
     * @return the divergence
     */
    Divergence divergence();

    /**
     * Returns this trust region measured by another divergence.
     *
     * @param divergence the divergence
     * @return the trust region
     */
    TrustRegion withDivergence(Divergence divergence);

    /**
     * d_θ(θ_{t−1}, θ_t): the distribution of the previous step (Eq. 4). Forward KL by default.
     *
     * @return the trust region
     */
    static TrustRegion previousStep() {
        return new PreviousStep(Divergences.forwardKl());
    }

    /**
     * d_θ(θ_0, θ_t): the distribution of the model as it was at the first batch. Forward KL by
     * default.
     *
     * @return the trust region
     */
    static TrustRegion pretrained() {
        return new Pretrained(Divergences.forwardKl());
    }

    /**
     * The distribution of an exponential moving average of the parameters, θ̄ ← βθ̄ + (1−β)θ after
     * each update (MESA). Forward KL by default.
     *
     * @param decay β, in [0, 1)
     * @return the trust region
     */
    static TrustRegion movingAverage(float decay) {
        return new MovingAverage(decay, Divergences.forwardKl());
    }

    /**
     * d_x(x+z, x): the distribution under input noise (Eq. 5, R3F). Forward KL by default.
     *
     * @param noise the noise z
     * @return the trust region
     */
    static TrustRegion noisyInput(Noise noise) {
        return new NoisyInput(noise, Divergences.forwardKl());
    }

    /**
     * See {@link TrustRegion#previousStep()}.
     *
     * @param divergence the divergence
     */
    record PreviousStep(Divergence divergence) implements TrustRegion {

        /** Rejects null. */
        public PreviousStep {
            Objects.requireNonNull(divergence, "divergence");
        }

        @Override
        public PreviousStep withDivergence(Divergence other) {
            return new PreviousStep(other);
        }
    }

    /**
     * See {@link TrustRegion#pretrained()}.
     *
     * @param divergence the divergence
     */
    record Pretrained(Divergence divergence) implements TrustRegion {

        /** Rejects null. */
        public Pretrained {
            Objects.requireNonNull(divergence, "divergence");
        }

        @Override
        public Pretrained withDivergence(Divergence other) {
            return new Pretrained(other);
        }
    }

    /**
     * See {@link TrustRegion#movingAverage(float)}.
     *
     * @param decay β, in [0, 1)
     * @param divergence the divergence
     */
    record MovingAverage(float decay, Divergence divergence) implements TrustRegion {

        /** Validates the decay. */
        public MovingAverage {
            if (!(decay >= 0f && decay < 1f)) {
                throw Arguments.rejected("decay", "in [0, 1)", decay);
            }
            Objects.requireNonNull(divergence, "divergence");
        }

        @Override
        public MovingAverage withDivergence(Divergence other) {
            return new MovingAverage(decay, other);
        }
    }

    /**
     * See {@link TrustRegion#noisyInput(Noise)}.
     *
     * @param noise the noise z
     * @param divergence the divergence
     */
    record NoisyInput(Noise noise, Divergence divergence) implements TrustRegion {

        /** Rejects null. */
        public NoisyInput {
            Objects.requireNonNull(noise, "noise");
            Objects.requireNonNull(divergence, "divergence");
        }

        @Override
        public NoisyInput withDivergence(Divergence other) {
            return new NoisyInput(noise, other);
        }
    }
}
