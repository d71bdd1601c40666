package dev.tram.core;

import ai.djl.ndarray.NDList;
import dev.tram.core.internal.Arguments;
import java.util.List;

/**
 * Which vector v is climbed: ε* = r D v / (√(vᵀDv) + δ).
 *
 * <table>
 *   <caption>Directions</caption>
 *   <tr><th>direction</th><th>v</th><th>source</th></tr>
 *   <tr><td>gradient</td><td>g</td><td>SAM, Foret et al. 2021</td></tr>
 *   <tr><td>friendly</td><td>g − σm, then m ← λm + (1−λ)g</td><td>Friendly SAM, CVPR 2024</td></tr>
 *   <tr><td>averaged</td><td>e ← (1−τ)e + τg, v = e</td><td>VaSSO, NeurIPS 2023</td></tr>
 *   <tr><td>momentum</td><td>m of the base optimizer, descended</td><td>MSAM (authors' code)</td></tr>
 * </table>
 *
 * <p>To define your own direction, implement {@link #of} in a record and, if it has state, {@link
 * #buffers} and {@link #advance}; its text goes into checkpoints.
 */
public interface Direction {

    /** The buffers and operations that a direction computes with. */
    interface State {

        /** {@return whether no step has advanced this state yet; its buffers hold 0 then} */
        boolean isEmpty();

        /**
         * Returns a buffer that outlives the step.
         *
         * @param name one of {@link Direction#buffers()}
         * @return arrays parallel to the gradient, in float32 or better
         */
        NDList buffer(String name);

        /** {@return arrays parallel to the gradient, to be overwritten with v} */
        NDList output();

        /** {@return the operations on lists of arrays} */
        MultiTensor tensors();
    }

    /**
     * Returns v for a gradient. Changes neither the gradient nor a buffer, since the step may still
     * be skipped.
     *
     * @param gradient g over the ascending parameters
     * @param state the state from before this step
     * @return v: the gradient itself, a buffer, or {@link State#output} overwritten
     */
    NDList of(NDList gradient, State state);

    /**
     * Moves the buffers on, once for an update that ascended.
     *
     * @param gradient the mean of g over devices and accumulated batches, over the ascending
     *     parameters
     * @param state the state to change
     */
    default void advance(NDList gradient, State state) {}

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
     * Returns whether v is the base optimizer's momentum, which is known before the first pass: the
     * step then needs no second one.
     *
     * @return true for {@link #momentum()} alone
     */
    default boolean isMomentum() {
        return false;
    }

    /**
     * The gradient itself.
     *
     * @return the direction
     */
    static Direction gradient() {
        return new Gradient();
    }

    /**
     * Friendly SAM: the part of the gradient that its average does not explain. The first step
     * climbs along g.
     *
     * @param sigma σ, finite and at least 0; the authors use 1
     * @param lambda λ, in [0, 1); the authors use 0.6
     * @return the direction
     */
    static Direction friendly(float sigma, float lambda) {
        return new Friendly(sigma, lambda);
    }

    /**
     * VaSSO: a running average of gradients.
     *
     * @param tau τ, in (0, 1]; the authors use 0.4
     * @return the direction
     */
    static Direction averaged(float tau) {
        return new Averaged(tau);
    }

    /**
     * MSAM: against the base optimizer's momentum, ε = −r D m / (√(mᵀDm) + δ), before the first
     * pass; 1 forward and 1 backward pass.
     *
     * @return the direction
     */
    static Direction momentum() {
        return new Momentum();
    }

    /** v = g. */
    record Gradient() implements Direction {

        @Override
        public NDList of(NDList gradient, State state) {
            return gradient;
        }
    }

    /**
     * v = g − σm.
     *
     * @param sigma σ
     * @param lambda λ
     */
    record Friendly(float sigma, float lambda) implements Direction {

        private static final String MEAN = "friendly";

        /** Validates σ and λ. */
        public Friendly {
            Arguments.nonNegative("sigma", sigma);
            Arguments.fraction("lambda", lambda);
        }

        @Override
        public List<String> buffers() {
            return List.of(MEAN);
        }

        @Override
        public NDList of(NDList gradient, State state) {
            if (state.isEmpty()) {
                return gradient;
            }
            state.tensors().copy(gradient, state.output());
            state.tensors().addScaled(state.output(), state.buffer(MEAN), -sigma);
            return state.output();
        }

        @Override
        public void advance(NDList gradient, State state) {
            NDList mean = state.buffer(MEAN);
            if (state.isEmpty()) {
                state.tensors().copy(gradient, mean);
            } else {
                state.tensors().average(mean, gradient, lambda);
            }
        }
    }

    /**
     * v = e, e ← (1−τ)e + τg.
     *
     * @param tau τ
     */
    record Averaged(float tau) implements Direction {

        private static final String MEAN = "averaged";

        /** Validates τ. */
        public Averaged {
            if (!(tau > 0f && tau <= 1f)) {
                throw Arguments.rejected("tau", "in (0, 1]", tau);
            }
        }

        @Override
        public List<String> buffers() {
            return List.of(MEAN);
        }

        @Override
        public NDList of(NDList gradient, State state) {
            if (state.isEmpty()) {
                return gradient;
            }
            state.tensors().copy(state.buffer(MEAN), state.output());
            state.tensors().average(state.output(), gradient, 1.0 - tau);
            return state.output();
        }

        @Override
        public void advance(NDList gradient, State state) {
            NDList mean = state.buffer(MEAN);
            if (state.isEmpty()) {
                state.tensors().copy(gradient, mean);
            } else {
                state.tensors().average(mean, gradient, 1.0 - tau);
            }
        }
    }

    /** v = m, with a step of the opposite sign. */
    record Momentum() implements Direction {

        @Override
        public NDList of(NDList momentum, State state) {
            return momentum;
        }

        @Override
        public boolean isMomentum() {
            return true;
        }
    }
}
