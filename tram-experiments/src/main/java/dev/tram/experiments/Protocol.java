package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Precision;

/**
 * How each run of an experiment is trained.
 *
 * @param base what updates the weights under every method but {@code adam} and {@code sgd}
 * @param accumulation the number of batches of an update
 * @param schedule how the learning rate falls to 0
 * @param warmup over how many updates the learning rate rises from 0 first
 * @param maxGradNorm the largest norm of an update's gradient, or null for any
 * @param evaluateEvery after how many updates the model is validated, 0 for an eighth of the run;
 *     it is after the last one, too
 * @param selection which model is the result
 * @param minutes after how many minutes of training, validation not counted, the run ends early, or
 *     null for never
 * @param saveEvery after how many updates the run is saved, 0 for never
 * @param precision what matrix products and attention are computed in; null for float32
 * @param lora the adapters that are trained, or null for the whole model
 */
public record Protocol(
        BaseOptimizer base,
        int steps,
        int batch,
        int accumulation,
        float learningRate,
        Schedule schedule,
        int warmup,
        Float maxGradNorm,
        int evaluateEvery,
        Selection selection,
        Float minutes,
        int saveEvery,
        Precision precision,
        LoraSettings lora) {

    /** How often a run is validated where nothing else is said. */
    private static final int VALIDATIONS = 8;

    public Protocol {
        Arguments.atLeast("steps", steps, 1);
        Arguments.atLeast("batch", batch, 1);
        Arguments.atLeast("accumulate", accumulation, 1);
        Arguments.positive("lr", learningRate);
        Arguments.atLeast("warmup", warmup, 0);
        if (warmup >= steps) {
            throw Arguments.rejected("warmup", "fewer than the steps, " + steps, warmup);
        }
        if (maxGradNorm != null) {
            Arguments.positive("clip", maxGradNorm);
        }
        Arguments.atLeast("evaluate-every", evaluateEvery, 0);
        if (minutes != null) {
            Arguments.positive("minutes", minutes);
        }
        Arguments.atLeast("save-every", saveEvery, 0);
        precision = precision == null ? Precision.FLOAT32 : precision;
    }

    /**
     * Describes training by Adam with a cosine schedule, without warm-up, clipping, accumulation or
     * savepoints; the last model is the result.
     *
     * @param batch the number of examples of an update
     */
    public static Protocol of(int steps, int batch, float learningRate) {
        return new Protocol(
                BaseOptimizer.ADAM,
                steps,
                batch,
                1,
                learningRate,
                Schedule.COSINE,
                0,
                null,
                0,
                Selection.LAST,
                null,
                0,
                Precision.FLOAT32,
                null);
    }

    /** Returns whether the model is validated after an update, counted from 1. */
    public boolean isValidated(int step) {
        int every = evaluateEvery > 0 ? evaluateEvery : Math.max(1, steps / VALIDATIONS);
        return step % every == 0 || step == steps;
    }

    /** Returns whether the run is saved after an update, counted from 1. */
    public boolean isSaved(int step) {
        return saveEvery > 0 && step % saveEvery == 0;
    }

    /** Whether a run that was trained that long has to end. */
    boolean isOver(double milliseconds) {
        return minutes != null && milliseconds >= minutes * 60_000.0;
    }
}
