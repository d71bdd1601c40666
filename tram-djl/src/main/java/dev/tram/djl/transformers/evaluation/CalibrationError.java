package dev.tram.djl.transformers.evaluation;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.evaluation.Probabilities.Example;
import java.util.List;

/**
 * The expected calibration error (Guo et al., 2017), {@code CalibrationError}, from 0 to 1:
 * examples are sorted into bins of equal width by the probability of the predicted class; the
 * figure is the mean over examples of their bin's |accuracy − mean probability|.
 */
public final class CalibrationError extends StatisticEvaluator {

    private static final int USUAL_BINS = 15;

    /** Creates the evaluator with 15 bins. */
    public CalibrationError() {
        this(USUAL_BINS);
    }

    /**
     * Creates the evaluator.
     *
     * @param bins the number of bins, at least 1
     * @throws IllegalArgumentException if it is less than 1
     */
    public CalibrationError(int bins) {
        super("CalibrationError", () -> new Probabilities(examples -> of(examples, bins)));
        Arguments.atLeast("bins", bins, 1);
    }

    private static double of(List<Example> examples, int bins) {
        double[] surplus = new double[bins];
        for (Example each : examples) {
            int best = 0;
            for (int i = 1; i < each.classes(); i++) {
                best = each.probability(i) > each.probability(best) ? i : best;
            }
            float confidence = each.probability(best);
            // A bin holds its upper end, as in the paper.
            int bin = (int) Math.max(0, Math.ceil((double) confidence * bins) - 1);
            surplus[Math.min(bin, bins - 1)] += (best == each.label() ? 1 : 0) - confidence;
        }
        double sum = 0;
        for (double each : surplus) {
            sum += Math.abs(each);
        }
        return sum / examples.size();
    }
}
