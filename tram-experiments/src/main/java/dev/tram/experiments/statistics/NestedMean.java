package dev.tram.experiments.statistics;

import dev.tram.core.internal.Arguments;
import java.util.Arrays;
import java.util.List;

/**
 * A mean over units each of which was measured several times, such as pretrained models with
 * fine-tuning seeds each. Measurements of one unit are not independent of each other, so the
 * interval is over the units' means. For a single unit, its measurements are the units.
 *
 * @param halfWidth half of the 95 % interval's width by Student's t over units; NaN for a single
 *     measurement
 * @param between the standard deviation between units beyond what the spread within them explains;
 *     NaN for a single unit
 * @param within the standard deviation within units, pooled; NaN where no unit has two measurements
 */
public record NestedMean(double mean, double halfWidth, double between, double within) {

    /**
     * Computes the mean.
     *
     * @param units the measurements of each unit, at least one
     * @return the mean, its interval and where the spread comes from
     */
    public static NestedMean of(List<double[]> units) {
        Arguments.atLeast("the number of units", units.size(), 1);
        double within = within(units);
        if (units.size() == 1) {
            MeanInterval only = MeanInterval.of(units.get(0));
            return new NestedMean(only.mean(), only.halfWidth(), Double.NaN, within);
        }
        double[] means = units.stream().mapToDouble(unit -> MeanInterval.of(unit).mean()).toArray();
        MeanInterval interval = MeanInterval.of(means);
        // A unit's mean of n measurements spreads by within² / n on its own account.
        double shares =
                units.stream().mapToDouble(unit -> 1.0 / unit.length).average().orElseThrow();
        double explained = Double.isNaN(within) ? 0 : within * within * shares;
        double ofMeans = squares(means) / (means.length - 1);
        double between = Math.sqrt(Math.max(0, ofMeans - explained));
        return new NestedMean(interval.mean(), interval.halfWidth(), between, within);
    }

    /** Whether the interval leaves out 0: the paired t-test's answer at 5 %, for differences. */
    public boolean excludesZero() {
        return Math.abs(mean) > halfWidth;
    }

    private static double within(List<double[]> units) {
        int freedom = units.stream().mapToInt(unit -> unit.length - 1).sum();
        double sum = units.stream().mapToDouble(NestedMean::squares).sum();
        return freedom == 0 ? Double.NaN : Math.sqrt(sum / freedom);
    }

    /** The sum of squared deviations from the mean. */
    private static double squares(double... values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        return Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
    }
}
