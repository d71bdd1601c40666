package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.tram.core.MultiTensor;
import dev.tram.djl.StepClock.Phase;
import dev.tram.djl.internal.engine.GradientMoments;
import dev.tram.djl.internal.engine.Replica;
import java.util.Optional;

/** What the host reads after the first pass: the loss, d, norms and valid positions, in one go. */
final class Measurement {

    private final TramSettings settings;
    private final TrainerCheck check;
    private final Distances distances;
    private final MultiTensor tensors;
    private final GradientMoments overflow;
    private final StepClock clock;

    Measurement(
            TramSettings settings,
            TrainerCheck check,
            Distances distances,
            MultiTensor tensors,
            StepClock clock) {
        this.settings = settings;
        this.check = check;
        this.distances = distances;
        this.tensors = tensors;
        overflow = new GradientMoments(tensors);
        this.clock = clock;
    }

    /** The figures of a step without ascent. */
    Figures plain(BatchPart part) {
        return single(part, Optional.empty(), Optional.empty(), Double.NaN).figures();
    }

    /**
     * What was read after the only pass of a step that ascended before it.
     *
     * @param figures the figures, d included
     * @param realisedSquare ‖(θ+ε)−θ‖² as stored, NaN without an ascent
     */
    record Climbed(Figures figures, double realisedSquare) {}

    /** The figures of a step whose only pass was at θ + ε. */
    Climbed climbed(BatchPart part, Optional<NDArray> realised) {
        return single(part, distance(part), realised, 0);
    }

    private Climbed single(
            BatchPart part,
            Optional<NDArray> distance,
            Optional<NDArray> realised,
            double unmeasured) {
        Replica replica = part.replica();
        NDList g = replica.ascending(replica.gradients());
        try (NDManager scope = part.borrow()) {
            HostRead read = read(part);
            distance.ifPresent(d -> read.add("distance", d));
            realised.filter(r -> isOn(replica, r)).ifPresent(r -> read.add("realised", r));
            read.add("gradient", tensors.squaredNorm(g, scope));
            HostRead.Values values = read.get();
            double square = overflow.squaredNorm(values.number("gradient"), g, replica.manager());
            Figures figures = figures(part, values, unmeasured, square, new double[3]);
            return new Climbed(figures, realisedSquare(values, realised));
        }
    }

    private static boolean isOn(Replica replica, NDArray array) {
        return array.getDevice().equals(replica.device());
    }

    /** As read with the rest, or on its own where it is another device's. */
    private static double realisedSquare(HostRead.Values values, Optional<NDArray> realised) {
        if (realised.isEmpty() || values.has("realised")) {
            return values.number("realised", Double.NaN);
        }
        return new HostRead().add("realised", realised.get()).get().number("realised");
    }

    private Optional<NDArray> distance(BatchPart part) {
        return settings.measuredRegion().flatMap(region -> distances.of(region, part));
    }

    /**
     * The figures of a step that ascends, d included.
     *
     * @param v the vector of the ascent
     */
    Figures ascending(BatchPart part, AscentVector v) {
        Optional<NDArray> d = distance(part);
        try (NDManager scope = part.borrow()) {
            HostRead read = read(part);
            d.ifPresent(distance -> read.add("distance", distance));
            addMoments(read, v, scope);
            HostRead.Values values = read.get();
            double[] moments = moments(values, v, part.replica());
            return figures(part, values, 0, gradient(values, moments, v, part), moments);
        }
    }

    /** The norms alone, after gradients were exchanged between replicas. */
    Figures synced(BatchPart part, Figures figures, double d, AscentVector v) {
        try (NDManager scope = part.replica().manager().newSubManager()) {
            HostRead read = new HostRead();
            addMoments(read, v, scope);
            HostRead.Values values = read.get();
            double[] moments = moments(values, v, part.replica());
            double gradient = gradient(values, moments, v, part);
            return figures.synced(d, gradient, moments[1], moments[2]);
        }
    }

    /** vᵀv, vᵀDv and (Dv)ᵀ(Dv) on their own. */
    double[] moments(Replica replica, AscentVector v) {
        try (NDManager scope = replica.manager().newSubManager()) {
            HostRead read = new HostRead();
            addMoments(read, v, scope);
            return moments(read.get(), v, replica);
        }
    }

    /** The squared norm over all trained parameters of what the gradient arrays hold. */
    double descentSquare(Replica replica) {
        return square(replica, replica.gradients());
    }

    /** The squared norm of arrays on a replica's device. */
    double square(Replica replica, NDList arrays) {
        try (NDManager scope = replica.manager().newSubManager()) {
            double computed =
                    new HostRead()
                            .add("square", tensors.squaredNorm(arrays, scope))
                            .get()
                            .number("square");
            return overflow.squaredNorm(computed, arrays, scope);
        }
    }

    /** A squared norm as read, taken again where it overflowed. */
    double finite(double computed, Replica replica) {
        return overflow.squaredNorm(computed, replica.gradients(), replica.manager());
    }

    private void addMoments(HostRead read, AscentVector v, NDManager scope) {
        clock.run(
                Phase.ASCENT,
                () -> {
                    read.add(
                            "moments",
                            tensors.ascentMoments(settings.neighborhood(), v.arrays(), scope));
                    if (!v.isGradient()) {
                        read.add("gradient", tensors.squaredNorm(v.gradient(), scope));
                    }
                });
    }

    private double[] moments(HostRead.Values values, AscentVector v, Replica replica) {
        double[] moments =
                overflow.ascent(
                        values.numbers("moments"),
                        settings.neighborhood(),
                        v.arrays(),
                        replica.manager());
        if (moments[1] < 0) {
            throw new IllegalStateException(
                    "A neighborhood's D must be positive, received: vᵀDv = "
                            + moments[1]
                            + " of "
                            + settings.neighborhood());
        }
        return moments;
    }

    /** gᵀg, which is vᵀv where v is g. */
    private double gradient(
            HostRead.Values values, double[] moments, AscentVector v, BatchPart part) {
        return v.isGradient()
                ? moments[0]
                : overflow.squaredNorm(
                        values.number("gradient"), v.gradient(), part.replica().manager());
    }

    private HostRead read(BatchPart part) {
        HostRead read = new HostRead().add("loss", loss(part).sum());
        if (part.penaltyDistance() != null) {
            read.add("penalty", part.penaltyDistance());
        }
        for (Call call : part.calls()) {
            distances
                    .valid(call)
                    .ifPresent(
                            valid ->
                                    read.add(
                                            "positions-" + call.index(),
                                            valid.toType(DataType.FLOAT32, false).sum()));
        }
        return read;
    }

    private NDArray loss(BatchPart part) {
        if (part.loss() != null) {
            return part.loss();
        }
        Call last = part.lastCall();
        return check.evaluateLoss(last.labels(), new NDList(last.outputs()));
    }

    private Figures figures(
            BatchPart part,
            HostRead.Values values,
            double unmeasured,
            double gradientSquare,
            double[] moments) {
        double positions = 0;
        for (Call call : part.calls()) {
            String name = "positions-" + call.index();
            positions += values.has(name) ? values.number(name) : distances.distributions(call);
        }
        boolean byRadius = settings.measuredRegion().isPresent();
        boolean byPenalty = !byRadius && settings.penalty().isPresent();
        return Figures.first(
                positions,
                values.number("loss"),
                byRadius ? values.number("distance", unmeasured) : Double.NaN,
                byPenalty ? values.number("penalty", 0) : Double.NaN,
                gradientSquare,
                moments[1],
                moments[2]);
    }
}
