package dev.tram.experiments;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tram.djl.Method;
import dev.tram.djl.TramStep;
import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * A line of a run's metrics: an update, with the means over its batches. A figure that a method
 * does not have is NaN here, null in the file.
 *
 * @param step the step, from 1
 * @param loss the loss of the first pass, a penalty included
 * @param perturbedLoss the loss at θ + ε*
 * @param radius the radius of the ball
 * @param perturbationNorm ‖ε*‖ as computed
 * @param realisedNorm ‖ε*‖ as stored
 * @param gradientNorm ‖g‖ of the first pass
 * @param milliseconds the time of all passes and the update
 * @param forward the number of forward passes over its batches, 0 where an earlier version did not
 *     count
 * @param backward the number of backward passes
 * @param validation the validation figure after the step; null where it was not computed
 */
public record StepRecord(
        int step,
        double loss,
        double perturbedLoss,
        double distance,
        double radius,
        double perturbationNorm,
        double realisedNorm,
        double gradientNorm,
        double learningRate,
        double milliseconds,
        int forward,
        int backward,
        @JsonInclude(JsonInclude.Include.NON_NULL) Double validation)
        implements Serializable {

    /** Records a batch of an update, which took so long in all. */
    public static StepRecord of(
            int step,
            TramStep batch,
            Method.Passes passes,
            double learningRate,
            double milliseconds) {
        return new StepRecord(
                step,
                batch.loss(),
                batch.perturbedLoss(),
                batch.distance(),
                batch.radius(),
                batch.perturbationNorm(),
                batch.realisedNorm(),
                batch.gradientNorm(),
                learningRate,
                milliseconds,
                passes.forward(),
                passes.backward(),
                null);
    }

    /** Returns the figures that the step has, as metrics.jsonl names them. */
    Map<String, Double> figures() {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("loss", loss);
        figures.put("perturbedLoss", perturbedLoss);
        figures.put("distance", distance);
        figures.put("radius", radius);
        figures.put("perturbationNorm", perturbationNorm);
        figures.put("realisedNorm", realisedNorm);
        figures.put("gradientNorm", gradientNorm);
        figures.put("learningRate", learningRate);
        figures.put("milliseconds", milliseconds);
        figures.put("validation", validation);
        figures.values().removeIf(value -> value == null || value.isNaN());
        return figures;
    }

    /**
     * Returns the means over the batches, or the workers, of a step, the longest time of one and
     * the passes of all.
     */
    static StepRecord mean(List<StepRecord> parts) {
        return new StepRecord(
                parts.get(0).step(),
                mean(parts, StepRecord::loss),
                mean(parts, StepRecord::perturbedLoss),
                mean(parts, StepRecord::distance),
                mean(parts, StepRecord::radius),
                mean(parts, StepRecord::perturbationNorm),
                mean(parts, StepRecord::realisedNorm),
                mean(parts, StepRecord::gradientNorm),
                parts.get(0).learningRate(),
                parts.stream().mapToDouble(StepRecord::milliseconds).max().orElseThrow(),
                parts.stream().mapToInt(StepRecord::forward).sum(),
                parts.stream().mapToInt(StepRecord::backward).sum(),
                null);
    }

    private static double mean(List<StepRecord> parts, ToDoubleFunction<StepRecord> figure) {
        return parts.stream().mapToDouble(figure).average().orElseThrow();
    }

    StepRecord withValidation(double value) {
        return new StepRecord(
                step,
                loss,
                perturbedLoss,
                distance,
                radius,
                perturbationNorm,
                realisedNorm,
                gradientNorm,
                learningRate,
                milliseconds,
                forward,
                backward,
                value);
    }
}
