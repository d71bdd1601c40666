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

    private static final long serialVersionUID = 2;

    /** Records an update: the means over its batches, and the sums of their passes. */
    public static StepRecord of(
            int step,
            List<TramStep> batches,
            List<Method.Passes> passes,
            double learningRate,
            double milliseconds) {
        return new StepRecord(
                step,
                mean(batches, TramStep::loss),
                mean(batches, TramStep::perturbedLoss),
                mean(batches, TramStep::distance),
                mean(batches, TramStep::radius),
                mean(batches, TramStep::perturbationNorm),
                mean(batches, TramStep::realisedNorm),
                mean(batches, TramStep::gradientNorm),
                learningRate,
                milliseconds,
                passes.stream().mapToInt(Method.Passes::forward).sum(),
                passes.stream().mapToInt(Method.Passes::backward).sum(),
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
     * Returns the means of several workers' records of a step, the longest time of one and the
     * passes of all.
     */
    static StepRecord mean(List<StepRecord> workers) {
        return new StepRecord(
                workers.get(0).step(),
                mean(workers, StepRecord::loss),
                mean(workers, StepRecord::perturbedLoss),
                mean(workers, StepRecord::distance),
                mean(workers, StepRecord::radius),
                mean(workers, StepRecord::perturbationNorm),
                mean(workers, StepRecord::realisedNorm),
                mean(workers, StepRecord::gradientNorm),
                workers.get(0).learningRate(),
                workers.stream().mapToDouble(StepRecord::milliseconds).max().orElseThrow(),
                workers.stream().mapToInt(StepRecord::forward).sum(),
                workers.stream().mapToInt(StepRecord::backward).sum(),
                null);
    }

    private static <T> double mean(List<T> parts, ToDoubleFunction<T> figure) {
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
