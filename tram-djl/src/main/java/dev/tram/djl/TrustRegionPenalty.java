package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import dev.tram.core.TrustRegion;
import dev.tram.core.internal.Arguments;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A trust region as a penalty on the loss, L + λd: TRPO with the previous step, R3F with noisy
 * input, MESA with a moving average. Two forward passes and one backward pass.
 *
 * <p>The training configuration's loss is {@link #loss(Loss)} and the optimizer is built with
 * {@link TramOptimizer.Builder#optPenalty}. Evaluators and validation see the task loss alone.
 */
public final class TrustRegionPenalty {

    private final TrustRegion trustRegion;
    private final float weight;
    private final Map<Device, Pass> passes = new ConcurrentHashMap<>();

    private TrustRegionPenalty(Builder builder) {
        trustRegion = builder.trustRegion;
        weight = builder.weight;
    }

    /**
     * Returns a builder.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns the trust region that d measures.
     *
     * @return the trust region
     */
    public TrustRegion trustRegion() {
        return trustRegion;
    }

    /**
     * Returns λ.
     *
     * @return the weight λ
     */
    public float weight() {
        return weight;
    }

    /**
     * Returns the task loss with the penalty added in training passes.
     *
     * @param taskLoss the task loss
     * @return the loss to train with
     */
    public Loss loss(Loss taskLoss) {
        return new PenalizedLoss(this, Objects.requireNonNull(taskLoss, "taskLoss"));
    }

    /** Adds the penalty to losses computed on a device until it is set to another pass. */
    void begin(Device device, Pass pass) {
        passes.put(device, pass);
    }

    /** Leaves losses computed on a device as they are. */
    void end(Device device) {
        passes.remove(device);
    }

    /** Leaves all losses as they are. */
    void endAll() {
        passes.clear();
    }

    NDArray apply(NDArray taskLoss, NDList labels, NDList predictions) {
        Pass pass = passes.get(predictions.head().getDevice());
        return pass == null ? taskLoss : pass.penalize(taskLoss, labels, predictions);
    }

    @Override
    public String toString() {
        return weight + " times the distance to " + trustRegion;
    }

    /** A training pass under way on a device. */
    @FunctionalInterface
    interface Pass {

        /** Returns L + λd. */
        NDArray penalize(NDArray taskLoss, NDList labels, NDList predictions);
    }

    /** Builds a {@link TrustRegionPenalty}. */
    public static final class Builder {

        private TrustRegion trustRegion;
        private float weight = 0.1f;

        private Builder() {}

        /**
         * Sets the trust region that d measures.
         *
         * @param region the trust region
         * @return this builder
         */
        public Builder setTrustRegion(TrustRegion region) {
            trustRegion = Objects.requireNonNull(region, "trustRegion");
            return this;
        }

        /**
         * Sets λ, 0.1 by default.
         *
         * @param lambda λ, finite and at least 0
         * @return this builder
         */
        public Builder optWeight(float lambda) {
            weight = Arguments.nonNegative("weight (lambda)", lambda);
            return this;
        }

        /**
         * Builds the penalty.
         *
         * @return the penalty
         */
        public TrustRegionPenalty build() {
            if (trustRegion == null) {
                throw new IllegalStateException(
                        "TrustRegionPenalty needs setTrustRegion(...), received: nothing");
            }
            return new TrustRegionPenalty(this);
        }
    }
}
