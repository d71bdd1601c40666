package dev.tram.djl;

import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns once if the ascents of a run hardly raise the loss. */
final class AscentWatch {

    private static final Logger logger = LoggerFactory.getLogger(AscentWatch.class);

    private static final double DECAY = 0.99;
    private static final int PATIENCE = 100;
    private static final double INERT = 1e-4;

    private double sum;
    private double weight;
    private int ascents;
    private boolean said;

    /** Takes note of a step. */
    void observe(TramStep step) {
        double rise = step.relativeRise();
        if (!Double.isFinite(rise)) {
            return;
        }
        sum = DECAY * sum + (1 - DECAY) * rise;
        weight = DECAY * weight + (1 - DECAY);
        ascents++;
        if (!said && ascents >= PATIENCE && sum / weight < INERT) {
            said = true;
            logger.warn(
                    "The ascents have little effect: {} of them raised the loss by {} of it on"
                            + " average (below {}), at a length of {}. The step is the base"
                            + " optimizer's at twice the price. Use a longer radius:"
                            + " Radius.relative(region, 0.5f), scaledBy(c), or Ascent.asam(0.5f).",
                    ascents,
                    format(sum / weight),
                    format(INERT),
                    format(step.perturbationNorm()));
        }
    }

    private static String format(double value) {
        return String.format(Locale.ROOT, "%.1e", value);
    }
}
