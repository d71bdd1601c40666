package dev.tram.djl.transformers.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.evaluator.Evaluator;
import dev.tram.core.internal.Arguments;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** An evaluator whose figure is computed from a statistic of all examples. */
abstract class StatisticEvaluator extends Evaluator {

    private final Supplier<Statistic> empty;
    private final Map<String, Statistic> accumulated = new ConcurrentHashMap<>();

    /** What is kept of the examples seen. */
    interface Statistic {

        /**
         * Adds examples.
         *
         * @param labels the classes' numbers, (N), int64
         * @param logits of shape (N, classes), float32
         */
        void add(NDArray labels, NDArray logits);

        /** Returns the figure. */
        double value();
    }

    StatisticEvaluator(String name, Supplier<Statistic> empty) {
        super(name);
        this.empty = empty;
    }

    /**
     * Returns the figure of one batch alone.
     *
     * @param labels the classes' numbers, (B, …)
     * @param predictions the logits, (B, …, classes)
     * @return a float32 scalar
     */
    @Override
    public final NDArray evaluate(NDList labels, NDList predictions) {
        Statistic statistic = empty.get();
        add(statistic, labels, predictions);
        return predictions.head().getManager().create((float) statistic.value());
    }

    private void add(Statistic statistic, NDList labels, NDList predictions) {
        NDArray logits = predictions.head();
        Shape shape = logits.getShape();
        int last = shape.dimension() - 1;
        if (last < 1
                || shape.get(last) < 2
                || labels.head().size() != shape.size() / shape.get(last)) {
            throw Arguments.rejected(
                    getName() + "'s predictions",
                    "logits of two classes or more for each label, " + labels.head().getShape(),
                    shape);
        }
        try (NDArray numbers = labels.head().toType(DataType.INT64, true);
                NDArray flatNumbers = numbers.reshape(-1);
                NDArray values = logits.toType(DataType.FLOAT32, true);
                NDArray rows = values.reshape(-1, shape.get(last))) {
            statistic.add(flatNumbers, rows);
        }
    }

    @Override
    public final void addAccumulator(String key) {
        accumulated.put(key, empty.get());
    }

    @Override
    public final void updateAccumulator(String key, NDList labels, NDList predictions) {
        add(accumulated.get(key), labels, predictions);
    }

    @Override
    public final void resetAccumulator(String key) {
        accumulated.replace(key, empty.get());
    }

    /**
     * Returns the figure of all examples since the reset.
     *
     * @param key the accumulator
     * @return the figure; NaN where it is not defined
     */
    @Override
    public final float getAccumulator(String key) {
        return (float) accumulated.get(key).value();
    }
}
