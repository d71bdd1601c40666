package dev.tram.djl.transformers.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/**
 * A language model's perplexity by token, {@code Perplexity}: exp of the mean over tokens of −log
 * of the label's probability, from logits (B, T, vocabulary) and labels (B, T).
 */
public final class Perplexity extends StatisticEvaluator {

    /** Creates the evaluator. */
    public Perplexity() {
        super("Perplexity", Surprise::new);
    }

    /** The sum of −log p and the number of tokens. */
    private static final class Surprise implements Statistic {

        private double sum;
        private long tokens;

        @Override
        public void add(NDArray labels, NDArray logits) {
            try (NDArray counts = labels.gte(0);
                    NDArray weights = counts.toType(DataType.FLOAT64, false);
                    NDArray valid = labels.maximum(0);
                    NDArray column = valid.expandDims(1);
                    NDArray log = logits.logSoftmax(1);
                    NDArray chosen = log.gather(column, 1);
                    NDArray row = chosen.reshape(-1);
                    NDArray exact = row.toType(DataType.FLOAT64, false);
                    NDArray kept = exact.mul(weights);
                    NDArray total = kept.sum();
                    NDArray number = weights.sum()) {
                sum -= total.getDouble();
                tokens += (long) number.getDouble();
            }
        }

        @Override
        public double value() {
            return Math.exp(sum / tokens);
        }
    }
}
