package dev.tram.djl;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of skipped batches: of the first at once, of all others by their number now and then. */
final class SkipLog {

    private static final Logger logger = LoggerFactory.getLogger(SkipLog.class);

    private boolean told;
    private long untold;
    private long latest;

    /** Takes note of a skipped batch. */
    void skipped(long batch, String why, TramStep step) {
        latest = batch;
        if (told) {
            untold++;
            logger.debug("Batch {} skipped, since {}: {}", batch, why, step);
            return;
        }
        told = true;
        logger.warn(
                "Batch {} skipped, since {}: {} (further ones are counted in skippedSteps(), and their"
                        + " number is told at the end of each epoch and of the training)",
                batch,
                why,
                step);
    }

    /** Tells how many there were since they were last told of. */
    void tell(long batches, long skipped) {
        if (untold > 0) {
            logger.warn(
                    "Batches skipped since: {}, the latest batch {}; {} of {} so far",
                    untold,
                    latest,
                    skipped,
                    batches);
            untold = 0;
        }
    }
}
