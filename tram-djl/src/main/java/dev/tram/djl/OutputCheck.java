package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.AbstractCompositeLoss;
import ai.djl.training.loss.L1Loss;
import ai.djl.training.loss.L2Loss;
import ai.djl.training.loss.Loss;
import ai.djl.training.loss.MaskedSoftmaxCrossEntropyLoss;
import ai.djl.training.loss.QuantileL1Loss;
import ai.djl.training.loss.SigmoidBinaryCrossEntropyLoss;
import ai.djl.training.loss.SoftmaxCrossEntropyLoss;
import dev.tram.core.Divergences;
import dev.tram.core.TrustRegion;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether the model's first output is what a distance takes it for: logits, whose softmax
 * is the predictive distribution. Asked once, at the first batch of a method that measures a trust
 * region by its default divergence on the first output.
 *
 * <p>A loss of DJL's own tells; another one may be anything, which is said once. In a closure the
 * loss is the user's, so nothing is refused there.
 */
final class OutputCheck {

    private static final Logger logger = LoggerFactory.getLogger(OutputCheck.class);

    /** DJL's loss of its time-series extension, which this project does not depend on. */
    private static final String DISTRIBUTION_LOSS =
            "ai.djl.timeseries.distribution.DistributionLoss";

    /** How many distributions are looked at. */
    private static final int ROWS = 64;

    /** How far the sum of probabilities may be from 1. */
    private static final float TOLERANCE = 1e-3f;

    /** After how many steps with d = 0 in a row this is said. */
    private static final int ZEROS = 100;

    private static final String PREFIX =
            "The distance d takes the softmax of the model's first output over its last axis (see"
                    + " \"What the first output is\" in the training guide), ";

    private enum Output {
        LOGITS(""),
        SIGMOID("use TrustRegion….withDivergence(Divergences.bernoulliKl()), one logit per label"),
        NUMBERS(
                "use TrustRegion….withDivergence(Divergences.gaussianKl(sigma)), sigma the error to"
                        + " expect, or Divergences.l2()"),
        PARAMETERS(
                "name the mean by optLogits(outputs -> outputs.get(\"mu\").expandDims(-1)) and use"
                        + " TrustRegion….withDivergence(Divergences.gaussianKl(sigma))"),
        UNKNOWN("");

        private final String recipe;

        Output(String recipe) {
            this.recipe = recipe;
        }
    }

    private final TramSettings settings;
    private final boolean relevant;

    private boolean done;
    private int zeros;

    OutputCheck(TramSettings settings) {
        this.settings = settings;
        relevant =
                settings.readsFirstOutput()
                        && settings.regions().stream()
                                .map(TrustRegion::divergence)
                                .anyMatch(Divergences.forwardKl()::equals);
    }

    /**
     * Refuses DJL's losses of other outputs than logits.
     *
     * @throws IllegalStateException with the recipe
     */
    void beforeFirstPass(Loss configured, boolean ofClosure) {
        if (!relevant || done) {
            return;
        }
        Loss loss = taskLoss(configured);
        Output output = output(loss);
        String received = loss.getClass().getName();
        if (output == Output.UNKNOWN) {
            logger.warn(
                    "{}about which the configuration's loss says nothing: if it is logits, say"
                            + " optLogits(NDList::head); received: {}",
                    PREFIX,
                    received);
        } else if (output != Output.LOGITS) {
            report(
                    "which is none with this loss: " + output.recipe + "; received: " + received,
                    ofClosure);
        }
    }

    /**
     * Looks at what the first batch's forward pass gave, before it is used.
     *
     * @throws IllegalStateException if there are several outputs and none was chosen, or logits of
     *     one class
     */
    void afterForward(NDList outputs, boolean ofClosure) {
        if (!relevant || done) {
            return;
        }
        if (outputs.size() > 1) {
            report(
                    "which may be any of several: choose by optLogits(outputs -> outputs.get(0));"
                            + " received: a model of "
                            + outputs.size()
                            + " outputs",
                    ofClosure);
        } else if (classes(outputs.head()) == 1) {
            report(
                    "and of one logit that is always 1: "
                            + Output.SIGMOID.recipe
                            + "; received: outputs of shape "
                            + outputs.head().getShape(),
                    ofClosure);
        } else if (looksLikeProbabilities(outputs.head())) {
            logger.warn(
                    "{}which looks like probabilities, of which a softmax is nearly uniform: give"
                            + " their logarithms, optLogits(outputs -> outputs.head().maximum(1e-12)"
                            + ".log()); received: rows of numbers >= 0 that add up to 1",
                    PREFIX);
        }
        done = true;
    }

    private static void report(String message, boolean ofClosure) {
        if (!ofClosure) {
            throw new IllegalStateException(PREFIX + message);
        }
        logger.warn("{}{}", PREFIX, message);
    }

    private static Loss taskLoss(Loss loss) {
        return loss instanceof TramLoss tram ? tram.taskLoss() : loss;
    }

    private static Output output(Loss loss) {
        if (loss instanceof AbstractCompositeLoss composite) {
            return output(composite.getComponents());
        }
        if (loss instanceof SoftmaxCrossEntropyLoss
                || loss instanceof MaskedSoftmaxCrossEntropyLoss) {
            return Output.LOGITS;
        }
        if (loss instanceof SigmoidBinaryCrossEntropyLoss) {
            return Output.SIGMOID;
        }
        if (loss instanceof L1Loss || loss instanceof L2Loss || loss instanceof QuantileL1Loss) {
            return Output.NUMBERS;
        }
        return loss.getClass().getName().equals(DISTRIBUTION_LOSS)
                ? Output.PARAMETERS
                : Output.UNKNOWN;
    }

    /** The one kind of output that some losses know of, if it is one. */
    private static Output output(List<Loss> losses) {
        List<Output> known =
                losses.stream()
                        .map(OutputCheck::output)
                        .filter(output -> output != Output.UNKNOWN)
                        .distinct()
                        .toList();
        return known.size() == 1 ? known.get(0) : Output.UNKNOWN;
    }

    private static long classes(NDArray output) {
        Shape shape = output.getShape();
        return shape.dimension() == 0 ? 1 : shape.get(shape.dimension() - 1);
    }

    private static boolean looksLikeProbabilities(NDArray output) {
        if (output.getShape().size() == 0) {
            return false;
        }
        try (NDManager scope = output.getManager().newSubManager();
                NDArray view = output.reshape(-1, classes(output))) {
            view.attach(scope);
            NDArray rows = view.get(new NDIndex(":" + ROWS)).toType(DataType.FLOAT32, false);
            NDArray error = rows.sum(new int[] {-1}).sub(1f).abs().max();
            return rows.min().getFloat() >= 0 && error.getFloat() <= TOLERANCE;
        }
    }

    /**
     * Says once that d stays exactly 0.
     *
     * @param updates how many updates there were before the step
     */
    void observe(TramStep step, long updates) {
        if (updates == 0 || Double.isNaN(step.distance())) {
            return;
        }
        zeros = step.distance() == 0 ? zeros + 1 : 0;
        if (zeros == ZEROS && settings.regions().size() > 0) {
            logger.warn(
                    "The distance d was exactly 0 for {} steps, so nothing ascends: is the learning"
                            + " rate 0, or is the compared output (optLogits) one that no trained"
                            + " parameter changes?",
                    ZEROS);
            zeros = Integer.MIN_VALUE;
        }
    }
}
