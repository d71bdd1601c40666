package dev.tram.core.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import dev.tram.core.MultiTensor;
import dev.tram.core.internal.Arguments;
import java.util.Objects;
import java.util.Random;

/**
 * The curvature of a loss, from Hessian-vector products by central differences of gradients, Hv ≈
 * (∇f(x + hv) − ∇f(x − hv)) / 2h.
 *
 * <p>The displacement ‖hv‖ is a fraction of ‖x‖: the larger it is, the less the rounding of the
 * gradients counts, and the more the third derivative does. Parameters are restored bit for bit.
 */
public final class Hessian {

    private final float step;
    private final int iterations;
    private final float tolerance;
    private final int samples;
    private final long seed;
    private final Progress progress;

    private Hessian(Builder builder) {
        step = builder.step;
        iterations = builder.iterations;
        tolerance = builder.tolerance;
        samples = builder.samples;
        seed = builder.seed;
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
     * Returns the largest eigenvalue, by power iteration.
     *
     * <p>Power iteration finds the eigenvalue λ of the largest magnitude. Should that be negative,
     * a second iteration, of H − λ, finds the largest one.
     *
     * @param objective the loss and its gradient over the whole data
     * @return the eigenvalue
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if a gradient is not finite
     */
    public Eigenvalue largestEigenvalue(Objective objective) throws InterruptedException {
        try (Anchor anchor = new Anchor(objective)) {
            Products products = new Products(objective, anchor);
            Eigenvalue dominant = powerIteration(products, anchor, 0);
            return dominant.value() < 0
                    ? powerIteration(products, anchor, dominant.value())
                    : dominant;
        }
    }

    /** The dominant eigenvalue of H − shift, plus shift. */
    private Eigenvalue powerIteration(Products products, Anchor anchor, double shift)
            throws InterruptedException {
        NDList v = Directions.gaussian(anchor, new Random(seed));
        MultiTensor tensors = anchor.tensors();
        tensors.scale(v, 1 / norm(v, anchor));
        double previous = Double.NaN;
        for (int iteration = 1; ; iteration++) {
            Anchor.checkInterrupt();
            NDList product = products.of(v, 1);
            tensors.addScaled(product, v, -shift);
            double rayleigh = dot(v, product);
            double norm = norm(product, anchor);
            double value = rayleigh + shift;
            progress.report(iteration, iterations, value);
            double residual = Math.sqrt(Math.max(0, norm * norm - rayleigh * rayleigh));
            // of λ itself: in H − shift, all small eigenvalues together look like a large one
            boolean converged =
                    norm == 0 || Math.abs(value - previous) <= tolerance * Math.abs(value);
            if (converged || iteration == iterations) {
                return new Eigenvalue(value, residual, iteration, converged);
            }
            previous = value;
            tensors.copy(product, v);
            tensors.scale(v, 1 / norm);
        }
    }

    /**
     * Returns the trace, by Hutchinson's estimator: the mean of vᵀHv over random v of ±1.
     *
     * @param objective the loss and its gradient over the whole data
     * @return the trace
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if a gradient is not finite
     */
    public Trace trace(Objective objective) throws InterruptedException {
        try (Anchor anchor = new Anchor(objective)) {
            Products products = new Products(objective, anchor);
            Random random = new Random(seed);
            double mean = 0;
            double squares = 0;
            for (int sample = 1; sample <= samples; sample++) {
                Anchor.checkInterrupt();
                NDList v = Directions.rademacher(anchor, random);
                double value = finite(dot(v, products.of(v, norm(v, anchor))));
                v.close();
                double delta = value - mean;
                mean += delta / sample;
                squares += delta * (value - mean);
                progress.report(sample, samples, mean);
            }
            double error = Math.sqrt(squares / (samples - 1) / samples);
            return new Trace(mean, error, samples);
        }
    }

    private static double norm(NDList list, Anchor anchor) {
        try (NDArray squared = anchor.tensors().squaredNorm(list, anchor.manager())) {
            return finite(Math.sqrt(squared.getFloat()));
        }
    }

    private static double finite(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalStateException(
                    "parameters and gradients must be finite, received: " + value);
        }
        return value;
    }

    private static double dot(NDList a, NDList b) {
        double sum = 0;
        for (int i = 0; i < a.size(); i++) {
            try (NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                NDArray product = a.get(i).mul(b.get(i)).sum();
                sum += product.toType(DataType.FLOAT64, false).getDouble();
            }
        }
        return sum;
    }

    /** Hessian-vector products; the result's buffer is used again by the next one. */
    private final class Products {

        private final Objective objective;
        private final Anchor anchor;
        private final NDList ahead;
        private final NDList behind;
        private final double displacement;

        Products(Objective objective, Anchor anchor) {
            this.objective = objective;
            this.anchor = anchor;
            ahead = anchor.buffer();
            behind = anchor.buffer();
            double norm = norm(anchor.origin(), anchor);
            displacement = step * (norm == 0 ? 1 : norm);
        }

        NDList of(NDList v, double norm) {
            double h = displacement / norm;
            anchor.move(v, h);
            objective.lossAndGradient(ahead);
            anchor.move(v, -h);
            objective.lossAndGradient(behind);
            MultiTensor tensors = anchor.tensors();
            tensors.addScaled(ahead, behind, -1);
            tensors.scale(ahead, 1 / (2 * h));
            return ahead;
        }
    }

    /**
     * An eigenvalue of the Hessian.
     *
     * @param value the eigenvalue λ; if it did not converge, a lower bound of the largest
     * @param residual ‖Hv − λv‖ for the unit vector v found: some eigenvalue is that close to λ
     * @param iterations the Hessian-vector products of the last power iteration
     * @param converged whether λ changed by less than the tolerance in the last one
     */
    public record Eigenvalue(double value, double residual, int iterations, boolean converged) {}

    /**
     * The trace of the Hessian.
     *
     * @param value the estimate
     * @param standardError its standard error
     * @param samples the number of random vectors
     */
    public record Trace(double value, double standardError, int samples) {}

    /** Builds a {@link Hessian}. */
    public static final class Builder {

        private float step = 1e-3f;
        private int iterations = 100;
        private float tolerance = 1e-4f;
        private int samples = 100;
        private long seed;
        private Progress progress = Progress.none();

        private Builder() {}

        /**
         * Sets the displacement of the differences.
         *
         * @param step the displacement as a fraction of the parameters' norm, finite and positive;
         *     1e-3 by default
         * @return this builder
         */
        public Builder optStep(float step) {
            this.step = Arguments.positive("step", step);
            return this;
        }

        /**
         * Sets the most iterations of a power iteration.
         *
         * @param iterations the number, at least 2; 100 by default
         * @return this builder
         */
        public Builder optIterations(int iterations) {
            this.iterations = Arguments.atLeast("iterations", iterations, 2);
            return this;
        }

        /**
         * Sets the relative change of the eigenvalue below which a power iteration ends.
         *
         * @param tolerance the change, finite and at least 0; 1e-4 by default
         * @return this builder
         */
        public Builder optTolerance(float tolerance) {
            this.tolerance = Arguments.nonNegative("tolerance", tolerance);
            return this;
        }

        /**
         * Sets the number of random vectors of the trace.
         *
         * @param samples the number, at least 2; 100 by default
         * @return this builder
         */
        public Builder optSamples(int samples) {
            this.samples = Arguments.atLeast("samples", samples, 2);
            return this;
        }

        /**
         * Sets the seed of the random vectors.
         *
         * @param seed the seed; 0 by default
         * @return this builder
         */
        public Builder optSeed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * Sets a listener for each Hessian-vector product and the estimate so far.
         *
         * @param progress the listener; none by default
         * @return this builder
         */
        public Builder optProgress(Progress progress) {
            this.progress = Objects.requireNonNull(progress, "progress");
            return this;
        }

        /**
         * Builds the analysis.
         *
         * @return the analysis
         */
        public Hessian build() {
            return new Hessian(this);
        }
    }
}
