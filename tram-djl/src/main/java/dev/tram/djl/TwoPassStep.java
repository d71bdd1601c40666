package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tram.core.Ascent;
import dev.tram.core.Radius;
import dev.tram.core.StepContext;
import dev.tram.djl.StepClock.Phase;
import dev.tram.djl.internal.engine.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A sharpness-aware step.
 *
 * <ol>
 *   <li>The loop's forward and backward pass at θ gave g.
 *   <li>The distance d, and from it the radius r.
 *   <li>θ is kept; θ ← θ + ε*, ε* = r D v / (√(vᵀDv) + δ).
 *   <li>Forward and backward pass there: g′.
 *   <li>θ is restored bit for bit.
 *   <li>The descent makes of g and g′ what the base optimizer steps with.
 * </ol>
 */
final class TwoPassStep implements StepPlan {

    private final TramSettings settings;
    private final RunState run;
    private final Ascension ascension;
    private final Gradients gradients;
    private final SelfCheck selfCheck;
    private final Descend descend;
    private final PlainStep plain;
    private final StepClock clock;

    /** The step before its first pass. */
    private StepContext context = StepContext.at(0);

    TwoPassStep(
            TramSettings settings,
            RunState run,
            Ascension ascension,
            Gradients gradients,
            SelfCheck selfCheck,
            Descend descend,
            PlainStep plain,
            StepClock clock) {
        this.settings = settings;
        this.run = run;
        this.ascension = ascension;
        this.gradients = gradients;
        this.selfCheck = selfCheck;
        this.descend = descend;
        this.plain = plain;
        this.clock = clock;
    }

    /** Takes note of a step; returns whether it can ascend, as far as is known by now. */
    boolean begin(StepContext step) {
        context = step;
        return settings.ascent().schedule().readsGradient() || run.ascends(step);
    }

    /** Whether the ascent leaves θ in a replica's buffer. */
    boolean keepsThetaIn(String buffer) {
        return ascension.restoreBuffer().equals(buffer);
    }

    @Override
    public Result afterBackward(List<BatchPart> batch) {
        if (!run.ascends(context.withNorms(Double.NaN, ascension.gradientNorm(batch)))) {
            return plain.afterBackward(batch);
        }
        batch.forEach(part -> selfCheck.verify(part, run.ascents()));
        run.countAscent();

        List<BatchPart> parts = new ArrayList<>(batch);
        List<Figures> figures = ascension.measure(parts);
        Optional<String> unfit = Fitness.drop(parts, figures);
        if (unfit.isPresent()) {
            return Result.skipped(parts, figures, unfit.get());
        }
        ascension.synchronise(parts, figures);
        StepContext measured =
                run.observeDistance(context, Figures.mean(figures, Figures::distance));
        for (int i = 0; i < parts.size(); i++) {
            figures.set(i, step(parts.get(i), figures.get(i), measured));
        }
        return Fitness.result(parts, figures);
    }

    /** Steps 2 to 6 on one replica. */
    private Figures step(BatchPart part, Figures first, StepContext measured) {
        if (first.metricSquare() < 0) {
            throw new IllegalStateException(
                    "A neighborhood's D must be positive, received: vᵀDv = "
                            + first.metricSquare()
                            + " of "
                            + settings.neighborhood());
        }
        double radius = radius(first, measured);
        if (!(radius > 0) || !first.canAscend()) {
            gradients.restoreClean(part.replica());
            return descend.plain(part, first, radius);
        }
        double scale = Ascent.scale(radius, Math.sqrt(first.metricSquare()));
        Replica replica = part.replica();
        String saved = ascension.restoreBuffer();
        gradients.prepareSecond(part);
        try (NDManager scope = part.borrowForObjective()) {
            clock.run(Phase.ASCENT, () -> ascension.climb(replica, scale, saved));
            NDArray realised;
            NDArray loss;
            try {
                realised = clock.time(Phase.ASCENT, () -> replica.published(saved, scope));
                loss = gradients.second(part);
            } finally {
                clock.run(Phase.RESTORE, () -> replica.restore(saved));
            }
            return descend.ascended(part, first, radius, scale, loss, realised);
        }
    }

    /** r, 0 where it needs a distance that is not finite. */
    private double radius(Figures first, StepContext measured) {
        Radius radius = settings.ascent().radius();
        double d = settings.syncedAscent() ? measured.distance() : first.distance();
        if (radius.trustRegion().isPresent() && !radius.isLagged() && !Double.isFinite(d)) {
            return 0;
        }
        StepContext step =
                radius.isLagged()
                        ? run.lagged(measured)
                        : measured.withDistance(d, measured.meanDistance());
        double value =
                radius.value(
                        step.withNorms(
                                Math.sqrt(first.metricSquare()),
                                Math.sqrt(first.gradientSquare())));
        if (!(value >= 0)) {
            throw new IllegalStateException(
                    "A radius must be a number >= 0 (one that reads the distance needs a"
                            + " trustRegion()), received: "
                            + value
                            + " of "
                            + radius);
        }
        return value;
    }
}
