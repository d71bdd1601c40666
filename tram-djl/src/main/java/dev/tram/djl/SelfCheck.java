package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.Replica;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks that the second pass descends what the loop did: run at θ itself, it must give the loop's
 * gradient. Done on a few ascending batches, ever fewer of them, so that its cost vanishes, and
 * wherever the model ran more often than once before its listener was told.
 */
final class SelfCheck {

    private static final Logger logger = LoggerFactory.getLogger(SelfCheck.class);

    /** The last batch on which a failure ends the training. */
    private static final long STRICT = 8;

    /** How much larger than the difference of two repeats the loop's must be. */
    private static final double FACTOR = 10;

    /** The relative difference that no engine's rounding makes, however much repeats differ. */
    private static final double BEYOND_ROUNDING = 1e-2;

    /** The smallest relative difference that is a failure. */
    private static final double TOLERANCE = 1e-6;

    private final TramSettings settings;
    private final Gradients gradients;
    private final MultiTensor tensors;

    /** The first batches are all checked. */
    private static final long ALL_UNTIL = 9;

    /**
     * Divisible by 3, 4 and 5: with the batches before it, one of each phase of any period up to
     * 10.
     */
    private static final long FIRST_APART = 60;

    SelfCheck(TramSettings settings, Gradients gradients, MultiTensor tensors) {
        this.settings = settings;
        this.gradients = gradients;
        this.tensors = tensors;
    }

    /**
     * Checks a part, if it is time to. The gradient arrays are as before afterwards.
     *
     * @param ascents how many batches had a second pass before this one
     * @throws IllegalStateException if the second pass would descend something else
     */
    void verify(BatchPart part, long ascents) {
        boolean listed = isListed(ascents + 1);
        boolean several = part.isRepeated();
        if (!settings.selfCheck() || !settings.replayDropout() || !(listed || several)) {
            return;
        }
        double difference = relativeDifference(part);
        if (difference > TOLERANCE) {
            String message = message(part, difference);
            if (several || ascents < STRICT) {
                throw new IllegalStateException(message);
            }
            logger.warn(message);
        }
    }

    /**
     * Whether the n-th ascending batch is checked, n from 1: 1 to 9, the powers of two, and 60, 83,
     * 110, 143, …, each a fifth and 11 more than the one before. The latter have no period, so that
     * what a loop does every few batches only meets one of them soon.
     */
    static boolean isListed(long n) {
        if (n <= ALL_UNTIL || Long.bitCount(n) == 1) {
            return true;
        }
        double apart = FIRST_APART;
        while (apart < n) {
            apart += Math.floor(apart / 5) + 11;
        }
        return apart == n;
    }

    /** ‖g − g again‖ / ‖g‖, 0 where two repeats differ nearly as much. */
    private double relativeDifference(BatchPart part) {
        Replica replica = part.replica();
        NDList g = replica.gradients();
        try (NDManager scope = replica.manager().newSubManager()) {
            NDList first = copies(g, scope);
            try {
                gradients.retakeFirst(part);
                double[] figures = distanceAndNorm(first, g, scope);
                if (figures[0] == 0 || !Double.isFinite(figures[0] + figures[1])) {
                    return 0;
                }
                NDList second = copies(g, scope);
                gradients.retakeFirst(part);
                double repeats = distanceAndNorm(second, g, scope)[0];
                double relative = figures[0] / figures[1];
                return figures[0] > FACTOR * repeats || relative > BEYOND_ROUNDING ? relative : 0;
            } finally {
                tensors.copy(first, g);
            }
        }
    }

    private static NDList copies(NDList arrays, NDManager scope) {
        NDList copies = new NDList(arrays.size());
        for (NDArray array : arrays) {
            NDArray copy = array.duplicate();
            copy.attach(scope);
            copies.add(copy);
        }
        return copies;
    }

    private double[] distanceAndNorm(NDList a, NDList b, NDManager scope) {
        HostRead.Values read =
                new HostRead()
                        .add("distance", tensors.squaredDistance(a, b, scope))
                        .add("norm", tensors.squaredNorm(a, scope))
                        .get();
        return new double[] {Math.sqrt(read.number("distance")), Math.sqrt(read.number("norm"))};
    }

    private static String message(BatchPart part, double difference) {
        String causes =
                part.isOfClosure()
                        ? "the closure draws data, or counts, from pass to pass: draw before"
                                + " tram.step"
                        : "several forward passes, gradients accumulated by hand, another loss"
                                + " than the configuration's or a term added to it, a listener"
                                + " before tram's that edits gradients, or a block that draws its"
                                + " own numbers. In a loop of your own use tram.step(trainer,"
                                + " batch, closure); to accumulate, optAccumulationSteps(k)";
        return "The second pass must descend what the loop does: run at the same weights it must"
                + " give the loop's gradient, received: a relative difference of "
                + String.format(Locale.ROOT, "%.1e", difference)
                + ". Likely causes: "
                + causes
                + ". (optSelfCheck(false) turns this check off.)";
    }
}
