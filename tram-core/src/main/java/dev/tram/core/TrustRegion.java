package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.tram.core.internal.Arguments;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

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
     * Returns the noise z of the target's input, if it has any.
     *
     * @return the noise, empty except for {@link #noisyInput}
     */
    default Optional<Noise> noise() {
        return Optional.empty();
    }

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
     * The distribution of another model. Forward KL by default.
     *
     * @param name the teacher's name in checkpoints: a run resumes with the same one only
     * @param logits from a batch's inputs to the teacher's logits, of the shape of the model's, on
     *     the inputs' device; called without gradient
     * @return the trust region
     */
    static TrustRegion teacher(String name, Function<NDList, NDArray> logits) {
        return new Teacher(name, logits, Divergences.forwardKl());
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
     * @param z the noise
     * @param divergence the divergence
     */
    record NoisyInput(Noise z, Divergence divergence) implements TrustRegion {

        /** Rejects null. */
        public NoisyInput {
            Objects.requireNonNull(z, "noise");
            Objects.requireNonNull(divergence, "divergence");
        }

        @Override
        public Optional<Noise> noise() {
            return Optional.of(z);
        }

        @Override
        public NoisyInput withDivergence(Divergence other) {
            return new NoisyInput(z, other);
        }
    }

    /**
     * See {@link TrustRegion#teacher(String, Function)}.
     *
     * @param name the teacher's name
     * @param logits from inputs to logits
     * @param divergence the divergence
     */
    record Teacher(String name, Function<NDList, NDArray> logits, Divergence divergence)
            implements TrustRegion {

        /** Rejects null and an empty name. */
        public Teacher {
            Objects.requireNonNull(logits, "logits");
            Objects.requireNonNull(divergence, "divergence");
            if (name.isBlank()) {
                throw Arguments.rejected("teacher's name", "not blank", name);
            }
        }

        @Override
        public Teacher withDivergence(Divergence other) {
            return new Teacher(name, logits, other);
        }

        @Override
        public String toString() {
            return "Teacher[name=" + name + ", divergence=" + divergence + "]";
        }
    }
}
