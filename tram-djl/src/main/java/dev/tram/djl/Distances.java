package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.Divergence;
import dev.tram.core.TrustRegion;
import dev.tram.core.internal.Scalars;
import dev.tram.djl.StepClock.Phase;
import dev.tram.djl.internal.pytorch.StreamedDivergence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Measures the distance d from a trust region's target to the first pass's outputs. */
final class Distances {

    private final TramSettings settings;
    private final PassRunner runner;
    private final RegionTargets targets;
    private final EvaluationMode mode;
    private final StepClock clock;
    private final Map<Divergence, Divergence> divergences = new HashMap<>();

    Distances(
            TramSettings settings,
            PassRunner runner,
            RegionTargets targets,
            EvaluationMode mode,
            StepClock clock) {
        this.settings = settings;
        this.runner = runner;
        this.targets = targets;
        this.mode = mode;
        this.clock = clock;
    }

    /**
     * d over all runs of the model, the mean by valid positions: a scalar kept until the step ends;
     * empty for 0 while the target is the model itself.
     */
    Optional<NDArray> of(TrustRegion region, BatchPart part) {
        RegionTarget target = targets.of(region);
        if (target.isModelItself()) {
            return Optional.empty();
        }
        boolean whole = settings.trustRegionFraction() == 1f;
        try (NDManager scope = part.borrow()) {
            Function<Call, NDArray> distance =
                    whole
                            ? call -> wholeDistance(region, target, part, call)
                            : call -> fractionDistance(region, target, part, call);
            NDArray d = clock.time(Phase.DISTANCE, () -> mean(part.calls(), distance));
            return Optional.of(part.keep(d));
        }
    }

    /**
     * A penalty's target on a run of the model, kept until the step ends; empty while the target is
     * the model itself.
     */
    Optional<NDArray> target(TrustRegion region, BatchPart part, Call call) {
        RegionTarget target = targets.of(region);
        if (target.isModelItself()) {
            return Optional.empty();
        }
        try (NDManager scope = part.borrow(call)) {
            return Optional.of(
                    part.keep(
                            clock.time(
                                    Phase.DISTANCE,
                                    () -> target.logits(part, call, settings.replayDropout()))));
        }
    }

    /** The divergence over the valid positions of a run of the model. */
    NDArray divergence(TrustRegion region, NDArray target, NDArray estimate, Call call) {
        Divergence divergence =
                divergences.computeIfAbsent(
                        region.divergence(),
                        portable -> StreamedDivergence.of(portable, estimate.getManager()));
        return valid(call)
                .map(valid -> divergence.between(target, estimate, valid))
                .orElseGet(() -> divergence.between(target, estimate));
    }

    /** The mean of a scalar over runs of the model, weighted by their valid positions. */
    NDArray mean(List<Call> calls, Function<Call, NDArray> scalar) {
        if (calls.size() == 1) {
            return scalar.apply(calls.get(0));
        }
        NDArray sum = null;
        NDArray total = null;
        for (Call call : calls) {
            NDArray value = scalar.apply(call);
            NDArray weight = positions(call, value);
            NDArray share = value.mul(weight);
            sum = sum == null ? share : sum.add(share);
            total = total == null ? weight : total.add(weight);
        }
        return sum.div(total.maximum(Scalars.like(1, total)));
    }

    private NDArray positions(Call call, NDArray like) {
        return valid(call)
                .map(valid -> valid.toType(DataType.FLOAT32, false).sum())
                .orElseGet(() -> Scalars.like(distributions(call), like));
    }

    /** The mask of valid positions, if the user gave one. */
    Optional<NDArray> valid(Call call) {
        return settings.validPositions().map(v -> v.apply(call.data(), call.labels()));
    }

    /** How many distributions a run of the model gave. */
    double distributions(Call call) {
        Shape shape = runner.logits(call.outputs()).getShape();
        return shape.dimension() > 1
                ? (double) shape.size() / shape.get(shape.dimension() - 1)
                : Math.max(1, shape.size());
    }

    private NDArray wholeDistance(
            TrustRegion region, RegionTarget target, BatchPart part, Call call) {
        NDArray logits = target.logits(part, call, settings.replayDropout());
        return divergence(region, logits, runner.estimate(part, call), call);
    }

    /**
     * Two passes in evaluation mode over the first ⌈fB⌉ examples: no dropout mask fits part of a
     * batch.
     */
    private NDArray fractionDistance(
            TrustRegion region, RegionTarget target, BatchPart part, Call call) {
        long size = call.data().head().getShape().get(0);
        long rows = (long) Math.ceil(settings.trustRegionFraction() * size);
        Call first = call.on(firstRows(call.data(), rows, size), firstRows(call, rows, size));
        NDArray logits = target.logits(part, first, false);
        checkRows("optTrustRegionFraction", "logits", logits, rows);
        return divergence(region, logits, fractionEstimate(part, call, first, rows), first);
    }

    private NDArray fractionEstimate(BatchPart part, Call call, Call first, long rows) {
        if (!part.isNoisy()) {
            NDArray known = runner.logits(call.outputs()).get(new NDIndex(":" + rows));
            if (mode.equalsTraining(part, first, () -> known)) {
                return known;
            }
        }
        return runner.liveLogits(part, first, false, false);
    }

    /** Refuses outputs of which it is not known which rows belong to which example. */
    static void checkRows(String option, String name, NDArray outputs, long examples) {
        Shape shape = outputs.getShape();
        if (shape.dimension() == 0 || shape.get(0) != examples) {
            throw new IllegalStateException(
                    option
                            + " needs "
                            + name
                            + " whose first axis is the batch (see optLogits), received: "
                            + name
                            + " of shape "
                            + shape
                            + " for "
                            + examples
                            + " examples");
        }
    }

    private static NDList firstRows(Call call, long rows, long size) {
        return call.hasLabels() ? firstRows(call.labels(), rows, size) : null;
    }

    private static NDList firstRows(NDList arrays, long rows, long size) {
        List<NDArray> part = new ArrayList<>();
        for (NDArray array : arrays) {
            boolean batched = array.getShape().dimension() > 0 && array.getShape().get(0) == size;
            part.add(batched ? array.get(new NDIndex(":" + rows)) : array);
        }
        return new NDList(part);
    }
}
