package dev.tram.djl.analysis;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.SuccessiveHalving;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.DoubleFunction;

/**
 * Finds a radius ρ, or a factor on a measured one: short runs over a geometric grid, judged on
 * held-out training data. All runs train some steps; the better half of them trains twice as many,
 * and so on (successive halving, Jamieson and Talwalkar 2016), so that bad values cost little. A
 * value whose loss is not finite is dropped at once.
 */
public final class RadiusSearch {

    private final List<Float> grid;
    private final int firstSteps;

    private RadiusSearch(List<Float> grid, int firstSteps) {
        this.grid = List.copyOf(grid);
        this.firstSteps = firstSteps;
    }

    /** A run of one value. */
    public interface Trial extends AutoCloseable {

        /**
         * Trains on.
         *
         * @param steps the number of steps
         * @return the loss on held-out data afterwards; not finite for a run that failed
         */
        double train(int steps);

        @Override
        default void close() {}
    }

    /**
     * A point of the curve.
     *
     * @param value the radius or factor
     * @param steps how many steps it was trained
     * @param loss its loss on held-out data after them
     */
    public record Point(float value, int steps, double loss) {}

    /**
     * What was found.
     *
     * @param best the value to use
     * @param curve every value with its last loss, by value
     */
    public record Result(float best, List<Point> curve) {

        /**
         * Renders the curve.
         *
         * @return a line per value; a star marks the best
         */
        public String table() {
            StringBuilder text = new StringBuilder("     value  steps  held-out loss\n");
            for (Point point : curve) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%10.4g  %5d  %13.5f%s%n",
                                point.value(),
                                point.steps(),
                                point.loss(),
                                point.value() == best ? " *" : ""));
            }
            return text.toString();
        }
    }

    /**
     * A search over values from one to another, each the same multiple of the one before.
     *
     * @param smallest the smallest value, finite and greater than 0
     * @param largest the largest value, finite and at least the smallest
     * @param values the number of values, at least 1
     * @param firstSteps how many steps all values train, at least 1
     * @return the search
     * @throws IllegalArgumentException for a value outside its range
     */
    public static RadiusSearch geometric(
            float smallest, float largest, int values, int firstSteps) {
        Arguments.positive("smallest", smallest);
        Arguments.positive("largest", largest);
        if (largest < smallest) {
            throw Arguments.rejected("largest", "at least the smallest " + smallest, largest);
        }
        Arguments.atLeast("values", values, 1);
        Arguments.atLeast("firstSteps", firstSteps, 1);
        List<Float> grid = new ArrayList<>();
        for (int i = 0; i < values; i++) {
            double share = values == 1 ? 0 : (double) i / (values - 1);
            grid.add((float) (smallest * Math.pow((double) largest / smallest, share)));
        }
        return new RadiusSearch(grid, firstSteps);
    }

    /**
     * Returns the values that are tried.
     *
     * @return the values, ascending
     */
    public List<Float> grid() {
        return grid;
    }

    /**
     * Runs the search. Trials are made one after the other and trained in turn; all are closed.
     *
     * @param trials begins a run from the same start for a value
     * @return what was found
     * @throws IllegalStateException if no value's loss is finite
     */
    public Result run(DoubleFunction<Trial> trials) {
        Map<Float, Trial> open = new TreeMap<>();
        Map<Float, Point> curve = new TreeMap<>();
        try {
            for (float value : grid) {
                open.put(value, Objects.requireNonNull(trials.apply(value), "trial"));
            }
            List<Float> left = train(open, grid, firstSteps, curve);
            for (int steps = firstSteps; left.size() > 1; steps *= 2) {
                left = train(open, SuccessiveHalving.betterHalf(left), steps, curve);
            }
            if (left.isEmpty()) {
                throw new IllegalStateException(
                        "A radius search needs a value whose held-out loss is finite, received:"
                                + " none of "
                                + grid);
            }
            return new Result(left.get(0), List.copyOf(curve.values()));
        } finally {
            open.values().forEach(Trial::close);
        }
    }

    /** Trains some values on; returns those with a finite loss, the best first. */
    private static List<Float> train(
            Map<Float, Trial> open, List<Float> values, int steps, Map<Float, Point> curve) {
        Map<Float, Double> losses = new LinkedHashMap<>();
        for (float value : values) {
            int before = curve.containsKey(value) ? curve.get(value).steps() : 0;
            Point point = new Point(value, before + steps, open.get(value).train(steps));
            curve.put(value, point);
            losses.put(value, point.loss());
        }
        return SuccessiveHalving.ranked(losses);
    }
}
