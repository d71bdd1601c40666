package dev.tram.djl.transformers.evaluation;

import ai.djl.ndarray.NDArray;
import dev.tram.core.internal.Arguments;
import java.util.function.ToDoubleFunction;

/** Counts of classes and predictions. */
final class ConfusionMatrix implements StatisticEvaluator.Statistic {

    private final ToDoubleFunction<ConfusionMatrix> figure;
    private long[][] counts = new long[0][0];

    ConfusionMatrix(ToDoubleFunction<ConfusionMatrix> figure) {
        this.figure = figure;
    }

    @Override
    public void add(NDArray labels, NDArray logits) {
        int classes = Math.toIntExact(logits.getShape().get(1));
        if (counts.length == 0) {
            counts = new long[classes][classes];
        }
        try (NDArray best = logits.argMax(1)) {
            long[] predicted = best.toLongArray();
            long[] actual = labels.toLongArray();
            for (int i = 0; i < actual.length; i++) {
                if (actual[i] >= counts.length || classes != counts.length) {
                    throw Arguments.rejected(
                            "a label", "less than the number of classes " + classes, actual[i]);
                }
                if (actual[i] >= 0) {
                    counts[(int) actual[i]][(int) predicted[i]]++;
                }
            }
        }
    }

    int classes() {
        return counts.length;
    }

    /** Returns how often a class was predicted rightly. */
    long right(int index) {
        return counts[index][index];
    }

    /** Returns how many examples are of a class. */
    long actual(int index) {
        long sum = 0;
        for (long count : counts[index]) {
            sum += count;
        }
        return sum;
    }

    /** Returns how often a class was predicted. */
    long predicted(int index) {
        long sum = 0;
        for (long[] row : counts) {
            sum += row[index];
        }
        return sum;
    }

    @Override
    public double value() {
        return figure.applyAsDouble(this);
    }
}
