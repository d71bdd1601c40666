package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.tram.core.Ascent;
import dev.tram.core.Schedule;
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

    private final Schedule schedule;
    private final RunState run;
    private final StepRadius radius;
    private final Ascension ascension;
    private final Gradients gradients;
    private final SelfCheck selfCheck;
    private final Descend descend;
    private final PlainStep plain;
    private final StepClock clock;
    private final AscentLog leftOut;

    /** The step before its first pass. */
    private StepContext context = StepContext.at(0);

    TwoPassStep(
            Schedule schedule,
            RunState run,
            StepRadius radius,
            Ascension ascension,
            Gradients gradients,
            SelfCheck selfCheck,
            Descend descend,
            PlainStep plain,
            StepClock clock,
            AscentLog leftOut) {
        this.schedule = schedule;
        this.run = run;
        this.radius = radius;
        this.ascension = ascension;
        this.gradients = gradients;
        this.selfCheck = selfCheck;
        this.descend = descend;
        this.plain = plain;
        this.clock = clock;
        this.leftOut = leftOut;
    }

    /** Takes note of a step; returns whether it can ascend, as far as is known by now. */
    boolean begin(StepContext step) {
        context = step;
        return schedule.readsGradient() || run.ascends(step);
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
        boolean canAscend = leftOut.canAscend(first.metricSquare(), first.directionSquare());
        double r = radius.after(first, measured);
        if (!(r > 0) || !canAscend) {
            gradients.restoreClean(part.replica());
            return descend.plain(part, first, r);
        }
        double scale = Ascent.scale(r, Math.sqrt(first.metricSquare()));
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
            return descend.ascended(part, first, r, scale, loss, realised);
        }
    }
}
