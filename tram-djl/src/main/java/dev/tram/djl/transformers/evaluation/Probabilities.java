package dev.tram.djl.transformers.evaluation;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** All examples' probabilities, kept until the figure is asked for. */
final class Probabilities implements StatisticEvaluator.Statistic {

    private final ToDoubleFunction<List<Example>> figure;
    private final List<Example> examples = new ArrayList<>();

    /** An example's class and the probabilities of all classes. */
    static final class Example {

        private final int label;
        private final float[] probabilities;

        Example(int label, float[] probabilities) {
            this.label = label;
            this.probabilities = probabilities;
        }

        int label() {
            return label;
        }

        int classes() {
            return probabilities.length;
        }

        float probability(int index) {
            return probabilities[index];
        }
    }

    Probabilities(ToDoubleFunction<List<Example>> figure) {
        this.figure = figure;
    }

    @Override
    public void add(NDArray labels, NDArray logits) {
        int classes = Math.toIntExact(logits.getShape().get(1));
        try (NDArray softmax = logits.softmax(1)) {
            float[] all = softmax.toFloatArray();
            long[] actual = labels.toLongArray();
            for (int i = 0; i < actual.length; i++) {
                if (actual[i] >= 0) {
                    float[] row = new float[classes];
                    System.arraycopy(all, i * classes, row, 0, classes);
                    examples.add(new Example(Math.toIntExact(actual[i]), row));
                }
            }
        }
    }

    @Override
    public double value() {
        return figure.applyAsDouble(examples);
    }
}
