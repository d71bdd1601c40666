package dev.tram.djl;

import dev.tram.core.Radius;
import dev.tram.core.StepContext;

/** r of a step: the ascent's radius, given what is known by then. */
final class StepRadius {

    private final Radius radius;
    private final boolean synced;
    private final RunState run;

    StepRadius(TramSettings settings, RunState run) {
        radius = settings.ascent().radius();
        synced = settings.syncedAscent();
        this.run = run;
    }

    /**
     * r after a part's first pass, 0 where it needs a distance that is not finite.
     *
     * @param measured the step with the mean distance over all parts
     */
    double after(Figures first, StepContext measured) {
        StepContext step = run.lagged(measured);
        if (!radius.isLagged()) {
            double d = synced ? measured.distance() : first.distance();
            if (radius.trustRegion().isPresent() && !Double.isFinite(d)) {
                return 0;
            }
            step = measured.withDistance(d, measured.meanDistance());
        }
        return checked(
                step.withNorms(Math.sqrt(first.metricSquare()), Math.sqrt(first.gradientSquare())));
    }

    /** r before the first pass, of the distance that an earlier step measured. */
    double before(StepContext step) {
        return checked(run.lagged(step));
    }

    private double checked(StepContext step) {
        double value = radius.value(step);
        if (!(value >= 0 && Double.isFinite(value))) {
            throw new IllegalStateException(
                    "A radius must be a finite number >= 0 (one that reads the distance needs a"
                            + " trustRegion()), received: "
                            + value
                            + " of "
                            + radius);
        }
        return value;
    }
}
