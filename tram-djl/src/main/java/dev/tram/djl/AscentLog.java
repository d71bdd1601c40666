package dev.tram.djl;

import dev.tram.core.Ascent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of the first ascent that is left out because its length cannot be computed. */
final class AscentLog {

    private static final Logger logger = LoggerFactory.getLogger(AscentLog.class);

    private final Ascent ascent;
    private boolean told;

    AscentLog(Ascent ascent) {
        this.ascent = ascent;
    }

    void observe(Figures figures) {
        isFinite(figures.metricSquare(), figures.directionSquare());
    }

    /**
     * Returns whether an ascent has a length.
     *
     * @param metricSquare vᵀDv
     * @param directionSquare (Dv)ᵀ(Dv)
     */
    boolean isFinite(double metricSquare, double directionSquare) {
        boolean finite = Double.isFinite(metricSquare) && Double.isFinite(directionSquare);
        if (!finite && !told) {
            told = true;
            logger.warn(
                    "A step is the base optimizer's own, since its ascent has no length: vᵀDv = {} and"
                            + " |Dv|² = {}, where the gradient is finite; v is of {}, D of {} (further"
                            + " ones are counted in plainSteps())",
                    metricSquare,
                    directionSquare,
                    ascent.direction(),
                    ascent.neighborhood());
        }
        return finite;
    }
}
