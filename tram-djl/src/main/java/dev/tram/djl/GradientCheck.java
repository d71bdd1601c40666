package dev.tram.djl;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The check of the first update that a backward pass was made. DJL's own adds signed gradients up
 * and refuses a sum of 0: a skipped or accumulated first batch, and some models whose gradients
 * cancel. This one looks at the norm, once a batch counts.
 */
final class GradientCheck {

    private static final Logger logger = LoggerFactory.getLogger(GradientCheck.class);

    /** What PyTorch says of a loss without a graph. */
    private static final String CONSTANT = "does not require grad";

    /** What PyTorch says of a graph that a backward pass went through. */
    private static final String USED_UP = "backward through the graph a second time";

    private GradientCheck() {}

    /** Turns DJL's check off for a trainer. */
    static void leaveToTram(Trainer trainer) {
        try {
            Field checked = Trainer.class.getDeclaredField("gradientsChecked");
            checked.setAccessible(true);
            checked.setBoolean(trainer, true);
        } catch (ReflectiveOperationException | InaccessibleObjectException e) {
            logger.warn(
                    "DJL's check of the first gradients stays on: a first batch that is skipped or"
                            + " accumulated ends in its \"Gradient values are all zeros\" ({})",
                    e.toString());
        }
    }

    /**
     * Runs a backward pass.
     *
     * @throws IllegalStateException if the loss has no graph, or one that is used up
     */
    static void backward(GradientCollector collector, NDArray loss) {
        try {
            collector.backward(loss);
        } catch (EngineException failure) {
            String message = String.valueOf(failure.getMessage());
            if (message.contains(CONSTANT)) {
                throw constant(failure);
            }
            if (message.contains(USED_UP)) {
                throw new IllegalStateException(
                        "A pass must make its own graph, as it is run several times: cut what comes"
                                + " from another pass, such as another model's outputs, by"
                                + " stopGradient(), or make it within the closure of"
                                + " tram.step(trainer, batch, closure), received: an input, label"
                                + " or term of the loss that belongs to an earlier backward pass",
                        failure);
            }
            throw failure;
        }
    }

    /** Says that a loss is a constant; the cause is what the engine said, or null. */
    static IllegalStateException constant(EngineException cause) {
        return new IllegalStateException(
                "The loss must depend on a trained parameter (is it made of numbers, of"
                        + " stopGradient(), of toType between floating-point types, or of"
                        + " whole numbers as argMax gives them?), received: a constant",
                cause);
    }

    /** Refuses a first update by gradients that are all 0. */
    static void refuseAllZero(StepPlan.Result result, long updatesBefore) {
        List<Figures> figures = result.figures();
        if (updatesBefore == 0
                && !figures.isEmpty()
                && figures.stream().allMatch(part -> part.descentSquare() == 0)) {
            throw new IllegalStateException(
                    "The first gradients are all zeros: call collector.backward(loss) on the loss"
                            + " of the model's outputs before the listener is told, received:"
                            + " gradients of norm 0");
        }
    }
}
