package dev.tram.core.analysis;

import ai.djl.ndarray.NDList;
import dev.tram.core.internal.Arguments;
import java.util.Objects;

/**
 * ε-sharpness (Eq. 10 and 11; Keskar et al. 2017): by how many percent the loss can rise in a small
 * box around the parameters,
 *
 * <pre>φ = 100 · (max f(x + z) − f(x)) / (1 + f(x)) over |z_i| ≤ ε (|x_i| + 1).</pre>
 *
 * <p>The maximum is sought by projected stochastic gradient ascent from z = 0. It is a lower bound:
 * ascent from a point whose gradient is exactly 0 stays there. z is kept apart from x, because
 * steps of the paper's size vanish in the rounding of float32 parameters. The defaults are the
 * paper's (B.7, after Juneja et al. 2023); its batch size of 32 is the objective's.
 */
public final class EpsilonSharpness {

    private final BoxProjection box;
    private final int steps;
    private final float learningRate;
    private final int accumulationSteps;
    private final int evaluationInterval;
    private final Progress progress;

    private EpsilonSharpness(Builder builder) {
        box = builder.box;
        steps = builder.steps;
        learningRate = builder.learningRate;
        accumulationSteps = builder.accumulationSteps;
        evaluationInterval = builder.evaluationInterval;
        progress = builder.progress;
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Measures the sharpness of an objective at its parameters, which are restored bit for bit
     * before this method returns or throws.
     *
     * @param objective the loss f and its mini-batch gradients
     * @return the sharpness
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if a loss is NaN, or f(x) is infinite or not above −1
     */
    public Sharpness measure(Objective objective) throws InterruptedException {
        try (Anchor anchor = new Anchor(objective)) {
            double loss = objective.loss();
            if (!(loss > -1 && loss < Double.POSITIVE_INFINITY)) {
                throw new IllegalStateException(
                        "the loss must be finite and above -1, received: " + loss);
            }
            return new Sharpness(loss, climb(objective, anchor, loss));
        }
    }

    /** Returns the largest loss found. */
    private double climb(Objective objective, Anchor anchor, double loss)
            throws InterruptedException {
        NDList z = anchor.buffer();
        NDList gradients = anchor.buffer();
        NDList batchGradients = accumulationSteps > 1 ? anchor.buffer() : new NDList();
        double maximum = loss;
        for (int step = 1; step <= steps; step++) {
            Anchor.checkInterrupt();
            double batchLoss = accumulate(objective, gradients, batchGradients);
            anchor.tensors().addScaled(z, gradients, (double) learningRate / accumulationSteps);
            box.project(anchor.origin(), z);
            anchor.move(z, 1);
            if (step % evaluationInterval == 0 || step == steps) {
                maximum = Math.max(maximum, notNan(objective.loss()));
            }
            progress.report(step, steps, batchLoss);
        }
        return maximum;
    }

    /** Sums the gradients of several mini-batches; returns the mean of their losses. */
    private double accumulate(Objective objective, NDList gradients, NDList batchGradients) {
        double sum = objective.batchLossAndGradient(gradients);
        for (int i = 1; i < accumulationSteps; i++) {
            sum += objective.batchLossAndGradient(batchGradients);
            objective.multiTensor().addScaled(gradients, batchGradients, 1);
        }
        return notNan(sum) / accumulationSteps;
    }

    private static double notNan(double loss) {
        if (Double.isNaN(loss)) {
            throw new IllegalStateException("the loss in the box must be a number, received: NaN");
        }
        return loss;
    }

    /**
     * The sharpness of a loss.
     *
     * @param loss f(x)
     * @param maximumLoss the largest f(x + z) found, at least f(x)
     */
    public record Sharpness(double loss, double maximumLoss) {

        /**
         * Returns φ, in percent (Eq. 10).
         *
         * @return 100 · (max f − f) / (1 + f), at least 0
         */
        public double value() {
            return 100 * (maximumLoss - loss) / (1 + loss);
        }
    }

    /** Builds an {@link EpsilonSharpness}. */
    public static final class Builder {

        private BoxProjection box = new BoxProjection(1e-5f);
        private int steps;
        private float learningRate = 8e-5f;
        private int accumulationSteps = 4;
        private int evaluationInterval = Integer.MAX_VALUE;
        private Progress progress = Progress.none();

        private Builder() {}

        /**
         * Sets the number of ascent steps.
         *
         * @param steps the number, at least 1
         * @return this builder
         */
        public Builder setSteps(int steps) {
            this.steps = Arguments.atLeast("steps", steps, 1);
            return this;
        }

        /**
         * Sets the size of the box.
         *
         * @param epsilon ε, finite and positive; 1e-5 by default
         * @return this builder
         */
        public Builder optEpsilon(float epsilon) {
            box = new BoxProjection(epsilon);
            return this;
        }

        /**
         * Sets the length of an ascent step.
         *
         * @param learningRate the learning rate, finite and positive; 8e-5 by default
         * @return this builder
         */
        public Builder optLearningRate(float learningRate) {
            this.learningRate = Arguments.positive("learningRate", learningRate);
            return this;
        }

        /**
         * Sets how many mini-batches a step averages.
         *
         * @param accumulationSteps the number, at least 1; 4 by default
         * @return this builder
         */
        public Builder optAccumulationSteps(int accumulationSteps) {
            this.accumulationSteps = Arguments.atLeast("accumulationSteps", accumulationSteps, 1);
            return this;
        }

        /**
         * Sets after how many steps the whole loss is evaluated; the largest value counts. It is
         * always evaluated after the last step, by default only then.
         *
         * @param evaluationInterval the number of steps, at least 1
         * @return this builder
         */
        public Builder optEvaluationInterval(int evaluationInterval) {
            this.evaluationInterval =
                    Arguments.atLeast("evaluationInterval", evaluationInterval, 1);
            return this;
        }

        /**
         * Sets a listener for each step and its mini-batch loss.
         *
         * @param progress the listener; none by default
         * @return this builder
         */
        public Builder optProgress(Progress progress) {
            this.progress = Objects.requireNonNull(progress, "progress");
            return this;
        }

        /**
         * Builds the measurement.
         *
         * @return the measurement
         * @throws IllegalArgumentException if the number of steps was not set
         */
        public EpsilonSharpness build() {
            Arguments.atLeast("steps", steps, 1);
            return new EpsilonSharpness(this);
        }
    }
}
