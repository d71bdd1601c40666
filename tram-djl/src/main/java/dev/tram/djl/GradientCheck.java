package dev.tram.djl;

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
