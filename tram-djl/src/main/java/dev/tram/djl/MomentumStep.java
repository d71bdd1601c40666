package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.tram.core.Ascent;
import dev.tram.core.AscentArrays;
import dev.tram.core.StepContext;
import dev.tram.djl.Figures.Perturbation;
import dev.tram.djl.StepClock.Phase;
import dev.tram.djl.internal.engine.BaseState;
import dev.tram.djl.internal.engine.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A step that ascends before its only pass, against the base optimizer's momentum.
 *
 * <ol>
 *   <li>θ is kept; θ ← θ + ε, ε = −r D m / (√(mᵀDm) + δ), with a radius that is known by now.
 *   <li>The loop's forward and backward pass at θ + ε gives g′.
 *   <li>There, the distance d is measured, for the radius of the next step.
 *   <li>θ is restored bit for bit.
 *   <li>The base optimizer steps with g′.
 * </ol>
 *
 * <p>Between 1 and 4 the user's program runs, and may fail unseen: θ is restored by whatever comes
 * next. ε is taken on the first replica and copied to the others.
 */
final class MomentumStep implements StepPlan {

    private static final String SAVED = Replica.RESTORE;

    private final TramSettings settings;
    private final RunState run;
    private final StepRadius radius;
    private final Replicas replicas;
    private final Measurement measurement;
    private final Descend descend;
    private final StepClock clock;
    private final AscentLog leftOut;
    private final BaseState base;

    /** The replicas that are at θ + ε. */
    private final List<Replica> climbed = new ArrayList<>();

    /** The step before its first pass. */
    private StepContext context = StepContext.at(0);

    private Climb climb = Climb.NONE;
    private boolean decided;

    /**
     * An ascent of all replicas.
     *
     * @param radius r
     * @param norm ‖ε‖
     * @param realised ‖(θ+ε)−θ‖² as stored, absent without an ascent
     */
    private record Climb(double radius, double norm, Optional<NDArray> realised) {

        static final Climb NONE = none(0);

        static Climb none(double radius) {
            return new Climb(radius, 0, Optional.empty());
        }
    }

    MomentumStep(
            TramSettings settings,
            RunState run,
            StepRadius radius,
            Replicas replicas,
            Measurement measurement,
            Descend descend,
            StepClock clock,
            AscentLog leftOut) {
        this.settings = settings;
        this.run = run;
        this.radius = radius;
        this.replicas = replicas;
        this.measurement = measurement;
        this.descend = descend;
        this.clock = clock;
        this.leftOut = leftOut;
        base = new BaseState(settings.base());
    }

    /**
     * Takes note of a step; returns whether it can ascend. One that is repeated at θ + ε, after a
     * forward pass that nothing followed, has the same ε: nothing was updated.
     */
    boolean begin(StepContext step) {
        if (isClimbed()) {
            return true;
        }
        context = step;
        decided = false;
        return run.ascends(step);
    }

    private boolean isClimbed() {
        return !climbed.isEmpty();
    }

    /** The replica of a device, if it is at θ + ε. */
    Optional<Replica> climbed(Device device) {
        return climbed.stream().filter(replica -> replica.device().equals(device)).findFirst();
    }

    @Override
    public void beforeFirstPass(BatchPart part) {
        Replica first = replicas.first();
        if (!decided) {
            decided = true;
            climb = clock.time(Phase.ASCENT, () -> climb(first, part));
        }
        Replica replica = part.replica();
        if (isClimbed() && !climbed.contains(replica)) {
            replica.remember(first);
            climbed.add(replica);
            replica.followTheta(first);
        }
    }

    /** Step 1 on the first replica. */
    private Climb climb(Replica replica, BatchPart part) {
        double r = radius.before(context);
        NDList theta = replica.ascending(replica.theta());
        Optional<NDList> momentum = base.momentum(replica.ascendingIds(), theta);
        if (momentum.isEmpty()) {
            return Climb.NONE;
        }
        if (!(r > 0)) {
            return Climb.none(r);
        }
        NDList m = momentum.get();
        AscentArrays arrays = AscentArrays.of(theta, m, replica.ascendingWeights());
        double[] moments = measurement.moments(replica, new AscentVector(arrays, m, true));
        if (!leftOut.canAscend(moments[1], moments[2])) {
            return Climb.none(r);
        }
        double scale = Ascent.scale(r, Math.sqrt(moments[1]));
        replica.ascend(settings.neighborhood(), arrays, -scale, SAVED);
        climbed.add(replica);
        NDArray realised = replica.published(SAVED, part.kept());
        return new Climb(r, scale * Math.sqrt(moments[2]), Optional.of(realised));
    }

    @Override
    public Result afterBackward(List<BatchPart> batch) {
        List<BatchPart> parts = new ArrayList<>(batch);
        List<Figures> figures = new ArrayList<>();
        try {
            for (BatchPart part : batch) {
                figures.add(figures(part));
            }
        } finally {
            abandon(parts);
        }
        Optional<String> unfit = Fitness.drop(parts, figures);
        if (unfit.isPresent()) {
            return Result.skipped(parts, figures, unfit.get());
        }
        run.observeDistance(context, Figures.mean(figures, Figures::distance));
        return figures.stream().allMatch(part -> Double.isFinite(part.descentSquare()))
                ? Result.of(parts, figures)
                : Result.skipped(parts, figures, Fitness.NOT_FINITE);
    }

    private Figures figures(BatchPart part) {
        Measurement.Climbed measured = measurement.climbed(part, climb.realised());
        Figures plain = descend.plain(part, measured.figures(), climb.radius());
        return climb.realised().isEmpty()
                ? plain
                : plain.done(
                        Perturbation.of(
                                climb.radius(),
                                Double.NaN,
                                climb.norm(),
                                Math.sqrt(measured.realisedSquare())),
                        plain.descentSquare());
    }

    /** Step 4. */
    @Override
    public void abandon(List<BatchPart> parts) {
        clock.run(Phase.RESTORE, () -> climbed.forEach(replica -> replica.restore(SAVED)));
        climbed.clear();
        decided = false;
    }
}
