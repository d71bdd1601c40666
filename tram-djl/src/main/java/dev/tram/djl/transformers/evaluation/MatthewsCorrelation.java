package dev.tram.djl.transformers.evaluation;

/**
 * The Matthews correlation of classes and predictions, from −1 to 1, for any number of classes
 * (Gorodkin, 2004): {@code MatthewsCorrelation}. It is 0 where all labels or all predictions are
 * the same, as in scikit-learn.
 */
public final class MatthewsCorrelation extends StatisticEvaluator {

    /** Creates the evaluator. */
    public MatthewsCorrelation() {
        super("MatthewsCorrelation", () -> new ConfusionMatrix(MatthewsCorrelation::of));
    }

    private static double of(ConfusionMatrix matrix) {
        double all = 0;
        double right = 0;
        double products = 0;
        double actualSquares = 0;
        double predictedSquares = 0;
        for (int i = 0; i < matrix.classes(); i++) {
            double actual = matrix.actual(i);
            double predicted = matrix.predicted(i);
            all += actual;
            right += matrix.right(i);
            products += actual * predicted;
            actualSquares += actual * actual;
            predictedSquares += predicted * predicted;
        }
        if (all == 0) {
            return Double.NaN;
        }
        double scale = Math.sqrt((all * all - predictedSquares) * (all * all - actualSquares));
        return scale == 0 ? 0 : (right * all - products) / scale;
    }
}
