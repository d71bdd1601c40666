package dev.tram.djl.transformers.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import ai.djl.training.Trainer;
import ai.djl.training.listener.EarlyStoppingListener.EarlyStoppedException;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.tram.core.internal.Arguments;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Keeps the model of the best epoch, by a figure of the validation set, and puts it back when
 * training ends. With a patience it ends training that no longer improves, by DJL's {@link
 * EarlyStoppedException}, which {@code EasyTrain.fit} lets through.
 *
 * <pre>{@code
 * config.addEvaluator(F1Score.macro())
 *         .addTrainingListeners(TrainingListener.Defaults.logging())   // evaluates
 *         .addTrainingListeners(BestModelListener.highest("MacroF1").optPatience(3));
 * }</pre>
 *
 * <p>It is added after the listener that evaluates. It holds one copy of the trained parameters and
 * of running statistics; frozen ones are not copied. A listener serves one trainer.
 */
public final class BestModelListener extends TrainingListenerAdapter {

    private static final NDIndex ALL = new NDIndex("...");

    private final String figure;
    private final boolean highest;
    private final Map<Parameter, NDArray> best = new LinkedHashMap<>();
    private int patience = Integer.MAX_VALUE;
    private float minDelta;
    private float bestValue = Float.NaN;
    private int bestEpoch = -1;
    private int epoch;

    private BestModelListener(String figure, boolean highest) {
        this.figure = figure;
        this.highest = highest;
    }

    /**
     * Keeps the model of the highest figure.
     *
     * @param evaluator the name of an evaluator, such as {@code Accuracy}
     * @return the listener
     */
    public static BestModelListener highest(String evaluator) {
        return new BestModelListener(evaluator, true);
    }

    /**
     * Keeps the model of the lowest figure.
     *
     * @param evaluator the name of an evaluator, such as {@code Perplexity}, or {@code loss}
     * @return the listener
     */
    public static BestModelListener lowest(String evaluator) {
        return new BestModelListener(evaluator, false);
    }

    /**
     * Ends training when the figure has not improved for some epochs.
     *
     * @param epochs the number of epochs without improvement, at least 1; no end by default
     * @return this listener
     * @throws IllegalArgumentException if it is less than 1
     */
    public BestModelListener optPatience(int epochs) {
        patience = Arguments.atLeast("patience", epochs, 1);
        return this;
    }

    /**
     * Sets what counts as an improvement.
     *
     * @param delta by how much the figure must be better than the best so far, 0 unless set
     * @return this listener
     * @throws IllegalArgumentException if it is negative or not finite
     */
    public BestModelListener optMinDelta(float delta) {
        minDelta = Arguments.nonNegative("minDelta", delta);
        return this;
    }

    /**
     * Returns the best epoch.
     *
     * @return its number, from 0; nothing before the first epoch ends with a finite figure
     */
    public OptionalInt bestEpoch() {
        return bestEpoch < 0 ? OptionalInt.empty() : OptionalInt.of(bestEpoch);
    }

    /**
     * Returns the best figure.
     *
     * @return the figure of the best epoch, or NaN
     */
    public float bestValue() {
        return bestValue;
    }

    @Override
    public void onEpoch(Trainer trainer) {
        float value = validated(trainer);
        if (isImprovement(value)) {
            bestValue = value;
            bestEpoch = epoch;
            keep(trainer);
        }
        epoch++;
        if (epoch - 1 - bestEpoch >= patience) {
            throw new EarlyStoppedException(
                    epoch,
                    "%s has not improved for %d epochs on the best, %s"
                            .formatted(figure, patience, bestValue));
        }
    }

    private float validated(Trainer trainer) {
        Float value = trainer.getTrainingResult().getValidateEvaluation(figure);
        if (value == null) {
            throw new IllegalStateException(
                    "the best model is chosen by "
                            + figure
                            + " of a validation set, which needs an evaluator of that name, an"
                            + " EvaluatorTrainingListener before this listener and a validation"
                            + " set, received: "
                            + trainer.getTrainingResult().getEvaluations());
        }
        return value;
    }

    private boolean isImprovement(float value) {
        if (!Float.isFinite(value)) {
            return false;
        }
        return bestEpoch < 0
                || (highest ? value > bestValue + minDelta : value < bestValue - minDelta);
    }

    private void keep(Trainer trainer) {
        for (Parameter each : trainer.getModel().getBlock().getParameters().values()) {
            if (each.requiresGradient() || isStatistic(each)) {
                NDArray array = each.getArray();
                NDArray kept = best.get(each);
                if (kept == null) {
                    kept = array.duplicate();
                    kept.detach();
                    best.put(each, kept);
                } else {
                    kept.set(ALL, array);
                }
            }
        }
    }

    private static boolean isStatistic(Parameter parameter) {
        return parameter.getType() == Parameter.Type.RUNNING_MEAN
                || parameter.getType() == Parameter.Type.RUNNING_VAR;
    }

    /** Puts the best model back. */
    @Override
    public void onTrainingEnd(Trainer trainer) {
        best.forEach(
                (parameter, kept) -> {
                    boolean trained = parameter.requiresGradient();
                    // A leaf that requires a gradient must not be changed in place.
                    parameter.freeze(true);
                    parameter.getArray().set(ALL, kept);
                    parameter.freeze(!trained);
                    kept.close();
                });
        best.clear();
    }
}
