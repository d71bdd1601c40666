package dev.tram.djl;

import dev.tram.core.Ascent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which ascents can be computed; tells of the first one left out for a length that is not finite.
 */
final class AscentLog {

    private static final Logger logger = LoggerFactory.getLogger(AscentLog.class);

    private final Ascent ascent;
    private boolean told;

    AscentLog(Ascent ascent) {
        this.ascent = ascent;
    }

    /**
     * Returns whether there is a direction to ascend in, of finite length.
     *
     * @param metricSquare vᵀDv
     * @param directionSquare (Dv)ᵀ(Dv)
     */
    boolean canAscend(double metricSquare, double directionSquare) {
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
        return finite && metricSquare > 0;
    }
}
