package dev.tram.core;

import ai.djl.ndarray.NDList;
import dev.tram.core.internal.Arguments;
import java.util.List;

/**
 * What the base optimizer is given, made of the gradient g at θ and g′ at θ + ε*.
 *
 * <table>
 *   <caption>Descents</caption>
 *   <tr><th>descent</th><th>gradient</th><th>source</th></tr>
 *   <tr><td>ascended</td><td>g′</td><td>SAM, Foret et al. 2021</td></tr>
 *   <tr><td>gap(α)</td><td>g′ − α(g − ⟨g,g′⟩/⟨g′,g′⟩ g′)</td><td>GSAM, ICLR 2022</td></tr>
 *   <tr><td>reused(k, α)</td><td>g′ every k steps; between them g + α‖g‖/‖h‖ h, h the part of the
 *       latest g′ that is orthogonal to its g</td><td>LookSAM, CVPR 2022</td></tr>
 *   <tr><td>weighted(γ)</td><td>wg′ + (1−w)g, w = γ/(1−γ)</td><td>WSAM, KDD 2023</td></tr>
 *   <tr><td>weighted(γ).decoupled()</td><td>g, then θ ← θ − lr·w(g′ − g)</td><td>WSAM</td></tr>
 *   <tr><td>functional</td><td>∇ of Σ u ⊙ z(θ+ε), u = ∂L/∂logits at θ</td><td>Functional SAM,
 *       ICML 2025</td></tr>
 * </table>
 *
 * <p>Scalar products and norms are over the ascending parameters together. To define your own
 * descent, implement {@link #combine} in a record; its text goes into checkpoints.
 */
public interface Descent {

    /** The buffers, scalar products and operations that a descent computes with. */
    interface State {

        /** {@return t, the number of the update, from 0} */
        long step();

        /**
         * Returns a number that outlives the step, NaN until it was set.
         *
         * @param name one of {@link Descent#numbers()}
         * @return the number
         */
        double number(String name);

        /**
         * Sets a number that outlives the step.
         *
         * @param name one of {@link Descent#numbers()}
         * @param value the number
         */
        void setNumber(String name, double value);

        /**
         * Returns a buffer that outlives the step.
         *
         * @param name one of {@link Descent#buffers()}
         * @return arrays parallel to the gradients, in float32 or better
         */
        NDList buffer(String name);

        /**
         * Returns ⟨a, b⟩ over the ascending parameters, from figures already read where they are
         * known.
         *
         * @param a gradients or a buffer, over all trained parameters
         * @param b likewise
         * @return the scalar product
         */
        double dot(NDList a, NDList b);

        /** {@return the operations on lists of arrays} */
        MultiTensor tensors();
    }

    /**
     * Overwrites g′ with what the base optimizer is given.
     *
     * @param ascended g′ over all trained parameters; overwritten
     * @param clean g likewise, or the same list as {@code ascended} if not {@link
     *     #readsCleanGradient}; not changed, except for {@link #decoupledWeight}
     * @param state buffers and scalar products
     */
    void combine(NDList ascended, NDList clean, State state);

    /**
     * Overwrites g with what the base optimizer is given in a step without ascent.
     *
     * @param gradient g over all trained parameters; left as it is by default
     * @param state buffers and scalar products
     */
    default void plain(NDList gradient, State state) {}

    /**
     * Returns whether {@link #combine} needs g, at the price of one more buffer.
     *
     * @return true by default
     */
    default boolean readsCleanGradient() {
        return true;
    }

    /**
     * Returns whether the base optimizer is given the gradient of the second pass as it is, and
     * that of a step without ascent: {@link #combine} and {@link #plain} then do nothing.
     *
     * @return false by default
     */
    default boolean keepsAscended() {
        return false;
    }

    /**
     * Returns whether {@link #combine} and {@link #plain} are applied once an update, to the means
     * over devices and accumulated batches, rather than to each part of them. What outlives a step
     * must change once an update: a descent with {@link #buffers} or {@link #numbers} combines
     * means.
     *
     * @return by default, whether there are buffers or numbers
     */
    default boolean combinesMeans() {
        return !buffers().isEmpty() || !numbers().isEmpty();
    }

    /**
     * Returns the steps in which this descent needs an ascent, in addition to the ascent's
     * schedule.
     *
     * @return every step by default
     */
    default Schedule schedule() {
        return Schedule.always();
    }

    /**
     * Returns whether the second pass descends the outputs along u = ∂L/∂outputs at θ rather than
     * the loss.
     *
     * @return true for {@link #functional()} alone
     */
    default boolean isFunctional() {
        return false;
    }

    /**
     * Returns the factor w by which parameters move along g′ − g after the update: θ ← θ − lr·w(g′
     * − g). {@link #combine} then leaves g in {@code ascended} and g′ in {@code clean}.
     *
     * @return w, 0 by default
     */
    default double decoupledWeight() {
        return 0;
    }

    /**
     * Returns the names of the buffers that outlive a step, at most 32 characters of {@code
     * a-z0-9-} each.
     *
     * @return the names, none by default
     */
    default List<String> buffers() {
        return List.of();
    }

    /**
     * Returns the names of the numbers that outlive a step.
     *
     * @return the names, none by default
     */
    default List<String> numbers() {
        return List.of();
    }

    /**
     * g′.
     *
     * @return the descent
     */
    static Descent ascended() {
        return new Ascended();
    }

    /**
     * GSAM: g′ without the part of g along it, which is the gap between the two losses.
     *
     * @param alpha α, finite and at least 0; the authors use 0.4
     * @return the descent
     */
    static Descent gap(float alpha) {
        return new Gap(alpha);
    }

    /**
     * LookSAM: an ascent every k steps; its part orthogonal to g is used again in the steps
     * between.
     *
     * @param k the interval, at least 1; the authors use 5
     * @param alpha α, finite and at least 0; the authors use 0.7
     * @return the descent
     */
    static Descent reused(int k, float alpha) {
        return new Reused(k, alpha);
    }

    /**
     * WSAM: a weighted sum of g and g′.
     *
     * @param gamma γ, in [0, 1); the authors use 0.9; ½ is SAM
     * @return the descent
     */
    static Weighted weighted(float gamma) {
        return new Weighted(gamma, false);
    }

    /**
     * Functional SAM: the second pass descends the logits along the loss's derivative at θ.
     *
     * @return the descent
     */
    static Descent functional() {
        return new Functional();
    }

    /** g′. */
    record Ascended() implements Descent {

        @Override
        public void combine(NDList ascended, NDList clean, State state) {}

        @Override
        public boolean keepsAscended() {
            return true;
        }

        @Override
        public boolean readsCleanGradient() {
            return false;
        }
    }

    /** The gradient of the second objective. */
    record Functional() implements Descent {

        @Override
        public void combine(NDList ascended, NDList clean, State state) {}

        @Override
        public boolean keepsAscended() {
            return true;
        }

        @Override
        public boolean readsCleanGradient() {
            return false;
        }

        @Override
        public boolean isFunctional() {
            return true;
        }
    }

    /**
     * g′ − α(g − ⟨g,g′⟩/(⟨g′,g′⟩+δ) g′).
     *
     * @param alpha α
     */
    record Gap(float alpha) implements Descent {

        /** Validates α. */
        public Gap {
            Arguments.nonNegative("alpha", alpha);
        }

        @Override
        public void combine(NDList ascended, NDList clean, State state) {
            double along =
                    state.dot(clean, ascended) / (state.dot(ascended, ascended) + Ascent.FLOOR);
            state.tensors().scale(ascended, 1 + alpha * along);
            state.tensors().addScaled(ascended, clean, -alpha);
        }
    }

    /**
     * h = g′ − ⟨g,g′⟩/(⟨g,g⟩+δ) g at every k-th step; between them g + α‖g‖/(‖h‖+δ) h, or g while
     * there is no h.
     *
     * @param k the interval
     * @param alpha α
     */
    record Reused(int k, float alpha) implements Descent {

        private static final String PART = "reused";
        private static final String NORM = "reused-norm";

        /** Validates k and α. */
        public Reused {
            Arguments.atLeast("k", k, 1);
            Arguments.nonNegative("alpha", alpha);
        }

        @Override
        public Schedule schedule() {
            return Schedule.every(k);
        }

        @Override
        public List<String> buffers() {
            return List.of(PART);
        }

        @Override
        public List<String> numbers() {
            return List.of(NORM);
        }

        @Override
        public void combine(NDList ascended, NDList clean, State state) {
            double along = state.dot(clean, ascended) / (state.dot(clean, clean) + Ascent.FLOOR);
            NDList part = state.buffer(PART);
            state.tensors().copy(ascended, part);
            state.tensors().addScaled(part, clean, -along);
            state.setNumber(NORM, Math.sqrt(state.dot(part, part)));
        }

        @Override
        public void plain(NDList gradient, State state) {
            if (state.step() % k == 0) {
                state.setNumber(NORM, Double.NaN);
                return;
            }
            double norm = state.number(NORM);
            if (!Double.isNaN(norm)) {
                double length = Math.sqrt(state.dot(gradient, gradient));
                double factor = alpha * length / (norm + Ascent.FLOOR);
                state.tensors().addScaled(gradient, state.buffer(PART), factor);
            }
        }
    }

    /**
     * wg′ + (1−w)g with w = γ/(1−γ), or decoupled from the base optimizer.
     *
     * @param gamma γ
     * @param isDecoupled whether the base optimizer is given g
     */
    record Weighted(float gamma, boolean isDecoupled) implements Descent {

        /** Validates γ. */
        public Weighted {
            Arguments.fraction("gamma", gamma);
        }

        /**
         * Returns the authors' default: the base optimizer steps with g, then θ ← θ − lr·w(g′ − g).
         *
         * @return the descent
         */
        public Weighted decoupled() {
            return new Weighted(gamma, true);
        }

        private double weight() {
            return gamma / (1.0 - gamma);
        }

        @Override
        public boolean combinesMeans() {
            return isDecoupled;
        }

        @Override
        public double decoupledWeight() {
            return isDecoupled ? weight() : 0;
        }

        @Override
        public void combine(NDList ascended, NDList clean, State state) {
            if (isDecoupled) {
                state.tensors().swap(ascended, clean);
            } else {
                state.tensors().scale(ascended, weight());
                state.tensors().addScaled(ascended, clean, 1 - weight());
            }
        }
    }
}
