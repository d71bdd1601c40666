package dev.tram.experiments.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * An axis of a chart: a range of values and its marks.
 *
 * @param min the value at its beginning
 * @param max the value at its end, above min
 * @param logarithmic whether equal ratios are equally long; min is positive then
 */
record Axis(double min, double max, boolean logarithmic) {

    private static final int MARKS = 6;
    private static final double MARGIN = 0.04;
    private static final MathContext DIGITS = new MathContext(6);
    private static final double SMALL = 1e-3;
    private static final double LARGE = 1e6;

    /**
     * Returns an axis on which all values have their place, with a small margin.
     *
     * @param values the values, of which those that are not finite, or not positive on a
     *     logarithmic axis, do not count
     * @param logarithmic whether equal ratios are equally long
     * @return the axis; from 0 or 0.1 to 1 if no value counts
     */
    static Axis around(DoubleStream values, boolean logarithmic) {
        double[] counted =
                values.filter(v -> Double.isFinite(v) && (!logarithmic || v > 0))
                        .map(v -> logarithmic ? Math.log10(v) : v)
                        .sorted()
                        .toArray();
        double low = counted.length == 0 ? (logarithmic ? -1 : 0) : counted[0];
        double high = counted.length == 0 ? low + 1 : counted[counted.length - 1];
        double width = Math.max(high - low, 1e-6 * Math.max(1, Math.abs(low)));
        double from = low - MARGIN * width;
        double to = high + MARGIN * width;
        return logarithmic
                ? new Axis(Math.pow(10, from), Math.pow(10, to), true)
                : new Axis(from, to, false);
    }

    /** Returns a value's place, from 0 at the beginning to 1 at the end. */
    double at(double value) {
        return logarithmic
                ? Math.log(value / min) / Math.log(max / min)
                : (value - min) / (max - min);
    }

    /** Returns the marks in the range: round numbers, or powers of ten and what lies between. */
    List<Double> marks() {
        return logarithmic ? logarithmicMarks() : linearMarks();
    }

    private List<Double> linearMarks() {
        double rough = (max - min) / MARKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double ratio = rough / power;
        double step = power * (ratio > 5 ? 10 : ratio > 2 ? 5 : ratio > 1 ? 2 : 1);
        List<Double> marks = new ArrayList<>();
        for (long i = (long) Math.ceil(min / step); i * step <= max; i++) {
            marks.add(i * step);
        }
        return marks;
    }

    private List<Double> logarithmicMarks() {
        int first = (int) Math.floor(Math.log10(min));
        int last = (int) Math.ceil(Math.log10(max));
        double[] within = Math.log10(max / min) > 3 ? new double[] {1} : new double[] {1, 2, 5};
        int every = Math.max(1, (last - first) / MARKS);
        List<Double> marks = new ArrayList<>();
        for (int power = first; power <= last; power += every) {
            for (double factor : within) {
                double mark = factor * Math.pow(10, power);
                if (mark >= min && mark <= max) {
                    marks.add(mark);
                }
            }
        }
        return marks;
    }

    static String label(double mark) {
        BigDecimal value = new BigDecimal(mark).round(DIGITS).stripTrailingZeros();
        double size = Math.abs(mark);
        if (value.signum() == 0) {
            return "0";
        }
        return size >= SMALL && size < LARGE
                ? value.toPlainString()
                : value.unscaledValue() + "e" + -value.scale();
    }
}
