package dev.tram.examples.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.tram.djl.TramStep;

/**
 * A line of a run's metrics. A figure that a method does not have is NaN here, null in the file.
 *
 * @param step the step, from 1
 * @param loss the loss of the first pass, a penalty included
 * @param perturbedLoss the loss at θ + ε*
 * @param distance d
 * @param radius the radius of the ball
 * @param perturbationNorm ‖ε*‖ as computed
 * @param realisedNorm ‖ε*‖ as stored
 * @param gradientNorm ‖g‖ of the first pass
 * @param learningRate the learning rate of the update
 * @param milliseconds the time of all passes and the update
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
        @JsonInclude(JsonInclude.Include.NON_NULL) Double validation) {

    static StepRecord of(int step, TramStep taken, double learningRate, double milliseconds) {
        return new StepRecord(
                step,
                taken.loss(),
                taken.perturbedLoss(),
                taken.distance(),
                taken.radius(),
                taken.perturbationNorm(),
                taken.realisedNorm(),
                taken.gradientNorm(),
                learningRate,
                milliseconds,
                null);
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
                value);
    }
}
