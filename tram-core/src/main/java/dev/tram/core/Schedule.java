package dev.tram.core;

import dev.tram.core.internal.Arguments;
import java.util.Arrays;
import java.util.Objects;

/**
 * When to ascend; the other steps are the base optimizer's own.
 *
 * <table>
 *   <caption>Schedules</caption>
 *   <tr><th>schedule</th><th>ascends at step t, from 0</th></tr>
 *   <tr><td>always</td><td>each</td></tr>
 *   <tr><td>every(k)</td><td>t mod k = 0</td></tr>
 *   <tr><td>from(s)</td><td>t ≥ s</td></tr>
 *   <tr><td>until(s)</td><td>t &lt; s</td></tr>
 *   <tr><td>random(p)</td><td>with probability p (SS-SAM)</td></tr>
 *   <tr><td>adaptive</td><td>where ‖g‖² is large against its past (AE-SAM, ICLR 2023)</td></tr>
 * </table>
 *
 * <p>To define your own schedule, implement {@link #ascends} in a record; its text goes into
 * checkpoints. Its state is a fixed number of doubles.
 */
public interface Schedule {

    /**
     * Decides.
     *
     * @param step the step; its gradient norm is known only if {@link #readsGradient}
     * @param state the state after {@link #observe} of this step
     * @return whether this step ascends
     */
    boolean ascends(StepContext step, double[] state);

    /**
     * Returns the state before the first step.
     *
     * @return the state, empty by default; always of this length
     */
    default double[] initialState() {
        return new double[0];
    }

    /**
     * Takes note of a step.
     *
     * @param state the state before it; not changed
     * @param step the step
     * @return the state after it
     */
    default double[] observe(double[] state, StepContext step) {
        return state;
    }

    /**
     * Returns whether the decision needs ‖g‖, hence the first pass.
     *
     * @return false by default
     */
    default boolean readsGradient() {
        return false;
    }

    /**
     * Ascends where both schedules do.
     *
     * @param other the other schedule
     * @return the schedule
     */
    default Schedule and(Schedule other) {
        return new Both(this, other);
    }

    /**
     * Every step.
     *
     * @return the schedule
     */
    static Schedule always() {
        return new Every(1);
    }

    /**
     * Every k-th step, the first one included.
     *
     * @param k the interval, at least 1
     * @return the schedule
     */
    static Schedule every(int k) {
        return new Every(k);
    }

    /**
     * Late SAM: plain steps first.
     *
     * @param step the first step that ascends, at least 0
     * @return the schedule
     */
    static Schedule from(long step) {
        return new From(step);
    }

    /**
     * Plain steps at the end.
     *
     * @param step the first step that does not ascend, at least 0
     * @return the schedule
     */
    static Schedule until(long step) {
        return new Until(step);
    }

    /**
     * Each step with a probability, drawn for the step (SS-SAM).
     *
     * @param probability p, in [0, 1]
     * @return the schedule
     */
    static Schedule random(double probability) {
        return new Random(probability);
    }

    /**
     * AE-SAM (Jiang et al., ICLR 2023): ascends iff ‖g‖² ≥ μ + cs with running mean μ and variance
     * s² of ‖g‖², c = (t/T)λ1 + (1 − t/T)λ2.
     *
     * @param delta δ, the decay of mean and variance, in [0, 1); the authors use 0.9
     * @param lambda1 λ1, c at the end, finite; the authors use −1
     * @param lambda2 λ2, c at the start, finite; the authors use 1
     * @param steps T, the number of steps of the training, at least 1; c stays λ1 beyond it
     * @return the schedule
     */
    static Schedule adaptive(float delta, float lambda1, float lambda2, long steps) {
        return new Adaptive(delta, lambda1, lambda2, steps);
    }

    /**
     * See {@link Schedule#every}.
     *
     * @param k the interval
     */
    record Every(int k) implements Schedule {

        /** Validates k. */
        public Every {
            Arguments.atLeast("k", k, 1);
        }

        @Override
        public boolean ascends(StepContext step, double[] state) {
            return step.step() % k == 0;
        }
    }

    /**
     * See {@link Schedule#from}.
     *
     * @param start the first step that ascends
     */
    record From(long start) implements Schedule {

        /** Validates the step. */
        public From {
            Arguments.atLeast("from", start, 0);
        }

        @Override
        public boolean ascends(StepContext step, double[] state) {
            return step.step() >= start;
        }
    }

    /**
     * See {@link Schedule#until}.
     *
     * @param end the first step that does not ascend
     */
    record Until(long end) implements Schedule {

        /** Validates the step. */
        public Until {
            Arguments.atLeast("until", end, 0);
        }

        @Override
        public boolean ascends(StepContext step, double[] state) {
            return step.step() < end;
        }
    }

    /**
     * See {@link Schedule#random}.
     *
     * @param probability p
     */
    record Random(double probability) implements Schedule {

        /** Validates p. */
        public Random {
            if (!(probability >= 0 && probability <= 1)) {
                throw Arguments.rejected("probability", "in [0, 1]", probability);
            }
        }

        @Override
        public boolean ascends(StepContext step, double[] state) {
            return step.uniform() < probability;
        }
    }

    /**
     * See {@link Schedule#adaptive}.
     *
     * @param delta δ
     * @param lambda1 λ1
     * @param lambda2 λ2
     * @param steps T
     */
    record Adaptive(float delta, float lambda1, float lambda2, long steps) implements Schedule {

        /** Validates the parameters. */
        public Adaptive {
            Arguments.fraction("delta", delta);
            Arguments.finite("lambda1", lambda1);
            Arguments.finite("lambda2", lambda2);
            Arguments.atLeast("steps", steps, 1);
        }

        /** Mean μ, variance s², and 1 once there are any. */
        @Override
        public double[] initialState() {
            return new double[3];
        }

        @Override
        public double[] observe(double[] state, StepContext step) {
            double square = step.gradientNorm() * step.gradientNorm();
            if (state[2] == 0) {
                return new double[] {square, 0, 1};
            }
            double mean = delta * state[0] + (1.0 - delta) * square;
            double deviation = square - mean;
            double variance = delta * state[1] + (1.0 - delta) * deviation * deviation;
            return new double[] {mean, variance, 1};
        }

        @Override
        public boolean ascends(StepContext step, double[] state) {
            double progress = Math.min(1, (double) step.step() / steps);
            double c = progress * lambda1 + (1 - progress) * lambda2;
            double square = step.gradientNorm() * step.gradientNorm();
            return square >= state[0] + c * Math.sqrt(state[1]);
        }

        @Override
        public boolean readsGradient() {
            return true;
        }
    }

    /**
     * See {@link Schedule#and}.
     *
     * @param first one schedule
     * @param second the other one
     */
    record Both(Schedule first, Schedule second) implements Schedule {

        /** Rejects null. */
        public Both {
            Objects.requireNonNull(first, "first");
            Objects.requireNonNull(second, "second");
        }

        @Override
        public boolean ascends(StepContext step, double[] state) {
            return first.ascends(step, ofFirst(state)) && second.ascends(step, ofSecond(state));
        }

        @Override
        public double[] initialState() {
            return joined(first.initialState(), second.initialState());
        }

        @Override
        public double[] observe(double[] state, StepContext step) {
            return joined(
                    first.observe(ofFirst(state), step), second.observe(ofSecond(state), step));
        }

        @Override
        public boolean readsGradient() {
            return first.readsGradient() || second.readsGradient();
        }

        private double[] ofFirst(double[] state) {
            return Arrays.copyOf(state, first.initialState().length);
        }

        private double[] ofSecond(double[] state) {
            return Arrays.copyOfRange(state, first.initialState().length, state.length);
        }

        private static double[] joined(double[] a, double[] b) {
            double[] joined = Arrays.copyOf(a, a.length + b.length);
            System.arraycopy(b, 0, joined, a.length, b.length);
            return joined;
        }
    }
}
