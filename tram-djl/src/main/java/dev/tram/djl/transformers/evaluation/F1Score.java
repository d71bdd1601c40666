package dev.tram.djl.transformers.evaluation;

import java.util.function.ToDoubleFunction;

/**
 * F1, the harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN), from 0 to 1, as
 * scikit-learn computes it.
 */
public final class F1Score extends StatisticEvaluator {

    private F1Score(String name, ToDoubleFunction<ConfusionMatrix> figure) {
        super(name, () -> new ConfusionMatrix(figure));
    }

    /**
     * Averages over classes, so that rare ones count as much as frequent ones.
     *
     * @return the evaluator {@code MacroF1}: the mean of each class's F1, over the classes that
     *     occur among labels or predictions
     */
    public static F1Score macro() {
        return new F1Score("MacroF1", F1Score::macro);
    }

    /**
     * Counts over all classes at once.
     *
     * @return the evaluator {@code MicroF1}, which equals accuracy where each example has one class
     */
    public static F1Score micro() {
        return new F1Score("MicroF1", F1Score::micro);
    }

    private static double macro(ConfusionMatrix matrix) {
        double sum = 0;
        int occurring = 0;
        for (int i = 0; i < matrix.classes(); i++) {
            long both = matrix.actual(i) + matrix.predicted(i);
            if (both > 0) {
                sum += 2.0 * matrix.right(i) / both;
                occurring++;
            }
        }
        return sum / occurring;
    }

    private static double micro(ConfusionMatrix matrix) {
        double right = 0;
        long all = 0;
        for (int i = 0; i < matrix.classes(); i++) {
            right += matrix.right(i);
            all += matrix.actual(i);
        }
        return right / all;
    }
}
