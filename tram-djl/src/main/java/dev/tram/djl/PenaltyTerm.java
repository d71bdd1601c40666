package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import java.util.List;
import java.util.Optional;

/** Adds λd to the losses of training passes; d is the mean over the runs of the model in a pass. */
final class PenaltyTerm {

    private final Optional<TrustRegionPenalty> penalty;
    private final PassRunner runner;
    private final Distances distances;

    PenaltyTerm(TramSettings settings, PassRunner runner, Distances distances) {
        penalty = settings.penalty();
        this.runner = runner;
        this.distances = distances;
    }

    /** Runs the target of the previous step, θ_0 or θ̄ before the first pass records its graph. */
    void prepare(BatchPart part, Call call) {
        targetRegion()
                .flatMap(region -> distances.target(region, part, call))
                .ifPresent(call::setPenaltyTarget);
    }

    /** Where the first pass's target was the model itself, it is p(·|x, θ_t) in the second. */
    void complete(BatchPart part) {
        if (targetRegion().isEmpty()) {
            return;
        }
        for (Call call : part.calls()) {
            if (call.penaltyTarget() == null) {
                call.setPenaltyTarget(part.keep(runner.estimate(part, call).duplicate()));
            }
        }
    }

    private Optional<TrustRegion> targetRegion() {
        return penalty.map(TrustRegionPenalty::trustRegion).filter(region -> !isNoisy(region));
    }

    private static boolean isNoisy(TrustRegion region) {
        return region.noise().isPresent();
    }

    /**
     * L + λd.
     *
     * @param loss L
     * @param part the part of the batch
     * @param calls the runs of the model that d is a mean over
     * @param outputs what the model gave in this pass, by the index of the call
     * @param noisy whether this pass runs at x + z: the estimate at x then has a pass of its own
     */
    NDArray add(
            NDArray loss, BatchPart part, List<Call> calls, List<NDList> outputs, boolean noisy) {
        if (penalty.isEmpty()) {
            return loss;
        }
        TrustRegion region = penalty.get().trustRegion();
        if (!isNoisy(region) && calls.stream().allMatch(call -> call.penaltyTarget() == null)) {
            part.setPenaltyDistance(zero(loss));
            return loss;
        }
        NDArray d =
                distances.mean(
                        calls,
                        call -> distance(region, part, call, outputs.get(call.index()), noisy));
        part.setPenaltyDistance(d);
        return penalty.get().penalized(loss, d);
    }

    private static NDArray zero(NDArray loss) {
        NDManager manager = loss.getManager();
        return manager.zeros(new Shape());
    }

    private NDArray distance(
            TrustRegion region, BatchPart part, Call call, NDList output, boolean noisy) {
        NDArray target = target(region, part, call, output, noisy);
        NDList clean = noisy ? runner.again(part, call, false) : output;
        return distances.divergence(region, target, runner.logits(clean), call);
    }

    /** R3F's target carries gradient; the others' was computed before the first pass. */
    private NDArray target(
            TrustRegion region, BatchPart part, Call call, NDList output, boolean noisy) {
        if (!isNoisy(region)) {
            return call.penaltyTarget();
        }
        return runner.logits(noisy ? output : runner.again(part, call, true));
    }
}
