package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Direction;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.StepContext;
import java.util.List;

/**
 * A choice on each axis as a user writes it, and the library's own choices of the same formulas.
 */
final class UserAxes {

    private UserAxes() {}

    static TramOptimizer.Builder own() {
        Ascent ascent = new Ascent(new Mixed(), new Scaled(), new Half(), new Alternating());
        return builder(ascent).optDescent(new Mean());
    }

    static TramOptimizer.Builder library() {
        Ascent ascent =
                new Ascent(
                        Direction.averaged(0.4f),
                        Neighborhood.adaptive(0.01f),
                        Radius.fixed(0.5f),
                        Schedule.every(2));
        return builder(ascent).optDescent(Descent.weighted(1 / 3f));
    }

    private static TramOptimizer.Builder builder(Ascent ascent) {
        return TramOptimizer.builder().setBaseOptimizer(Training.sgd()).optAscent(ascent);
    }

    /** e ← 0.6 e + 0.4 g. */
    record Mixed() implements Direction {

        @Override
        public List<String> buffers() {
            return List.of("mixed");
        }

        @Override
        public NDList of(NDList gradient, Direction.State state) {
            if (state.isEmpty()) {
                return gradient;
            }
            state.tensors().copy(state.buffer("mixed"), state.output());
            state.tensors().average(state.output(), gradient, 1.0 - 0.4f);
            return state.output();
        }

        @Override
        public void advance(NDList gradient, Direction.State state) {
            NDList mixed = state.buffer("mixed");
            if (state.isEmpty()) {
                state.tensors().copy(gradient, mixed);
            } else {
                state.tensors().average(mixed, gradient, 1.0 - 0.4f);
            }
        }
    }

    /** D = (|θ| + 0.01)². */
    record Scaled() implements Neighborhood {

        @Override
        public NDArray apply(NDArray v, Point point) {
            return point.theta().abs().add(0.01f).square().mul(v);
        }
    }

    /** r = ½. */
    record Half() implements Radius {

        @Override
        public double value(StepContext step) {
            return 0.5;
        }
    }

    /** Every second step, by a state of its own rather than the step's number. */
    record Alternating() implements Schedule {

        @Override
        public double[] initialState() {
            return new double[] {1};
        }

        @Override
        public double[] observe(double[] state, StepContext step) {
            return new double[] {1 - state[0]};
        }

        @Override
        public boolean ascends(StepContext step, double[] state) {
            return state[0] == 0;
        }
    }

    /**
     * h ← ½h + ½g′ at each ascent; gives g′ + h, and g + h/c at the steps between, c the number of
     * updates so far.
     */
    record Remembering() implements Descent {

        @Override
        public List<String> buffers() {
            return List.of("memory");
        }

        @Override
        public List<String> numbers() {
            return List.of("updates");
        }

        @Override
        public boolean readsCleanGradient() {
            return false;
        }

        private static double count(Descent.State state) {
            double before = state.number("updates");
            double count = Double.isNaN(before) ? 1 : before + 1;
            state.setNumber("updates", count);
            return count;
        }

        @Override
        public void combine(NDList ascended, NDList clean, Descent.State state) {
            count(state);
            state.tensors().average(state.buffer("memory"), ascended, 0.5);
            state.tensors().addScaled(ascended, state.buffer("memory"), 1);
        }

        @Override
        public void plain(NDList gradient, Descent.State state) {
            state.tensors().addScaled(gradient, state.buffer("memory"), 1 / count(state));
        }
    }

    /** g′/2 + g/2. */
    record Mean() implements Descent {

        @Override
        public void combine(NDList ascended, NDList clean, Descent.State state) {
            state.tensors().average(ascended, clean, 0.5);
        }
    }

    /** A gradient of a norm of at most {@code norm}, of steps with an ascent and without. */
    record Clipped(double norm) implements Descent {

        @Override
        public boolean readsCleanGradient() {
            return false;
        }

        @Override
        public void combine(NDList ascended, NDList clean, Descent.State state) {
            plain(ascended, state);
        }

        @Override
        public void plain(NDList gradient, Descent.State state) {
            double length = Math.sqrt(state.dot(gradient, gradient));
            if (length > norm) {
                state.tensors().scale(gradient, norm / length);
            }
        }
    }
}
