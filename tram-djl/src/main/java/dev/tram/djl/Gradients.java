package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import dev.tram.core.AscentArrays;
import dev.tram.core.Direction;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.BaseState;
import dev.tram.djl.internal.engine.Replica;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Takes gradients: again at the same weights, at x + z, at θ + ε*, and of the second objective of
 * Functional SAM. Keeps g apart where the step needs it beside the gradient that follows it.
 */
final class Gradients {

    private final TramSettings settings;
    private final Trainer trainer;
    private final Replay replay;
    private final PenaltyTerm penalty;
    private final MultiTensor tensors;

    Gradients(
            TramSettings settings,
            Trainer trainer,
            Replay replay,
            PenaltyTerm penalty,
            MultiTensor tensors) {
        this.settings = settings;
        this.trainer = trainer;
        this.replay = replay;
        this.penalty = penalty;
        this.tensors = tensors;
    }

    /** Opens DJL's collector, of which there is one in a JVM. */
    static GradientCollector collector(Trainer trainer) {
        try {
            return trainer.newGradientCollector();
        } catch (IllegalStateException open) {
            if (!isSecondCollector(open)) {
                throw open;
            }
            throw new IllegalStateException(
                    "TRAM's passes need DJL's gradient collector, of which a JVM has one at a time:"
                            + " close yours (the end of try (GradientCollector ...)) before"
                            + " notifyListeners or tram.step, and train one model at a time,"
                            + " received: an open collector",
                    open);
        }
    }

    /** Whether DJL refused a collector because there is one. */
    static boolean isSecondCollector(IllegalStateException failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        return trace.length > 0 && trace[0].getClassName().endsWith("GradientCollector");
    }

    /** Whether f of the neighborhood has a pass of its own at x + z (Algorithm 2). */
    boolean hasFisherPass() {
        return !settings.ascent().isNone()
                && settings.neighborhood().noise().isPresent()
                && !settings.neighborhood().sharesFirstPass();
    }

    private boolean keepsClean() {
        return hasFisherPass()
                || !settings.ascent().direction().buffers().isEmpty()
                || settings.descent().combinesMeans()
                || settings.descent().readsCleanGradient();
    }

    /** g of the first pass, wherever it is kept during an ascending step. */
    NDList clean(Replica replica) {
        return keepsClean() ? replica.buffer(Replica.CLEAN_GRADIENT).arrays() : replica.gradients();
    }

    /**
     * Keeps g apart where that is needed, and takes the gradient at x + z where D is made of it.
     */
    void prepareAscent(BatchPart part) {
        Replica replica = part.replica();
        if (keepsClean()) {
            tensors.copy(replica.gradients(), clean(replica));
        }
        if (hasFisherPass()) {
            replica.zeroGradients();
            try (NDManager scope = part.borrowForObjective();
                    GradientCollector collector = collector(trainer)) {
                GradientCheck.backward(collector, replay.again(part, true).loss());
            }
            part.closeIntermediates();
        }
    }

    /** v and what D is made of. */
    @SuppressWarnings("ReferenceEquality") // Whether the direction gave back its argument.
    AscentVector vector(Replica replica, DirectionState state) {
        NDList g = replica.ascending(clean(replica));
        NDList v = direction(g, state);
        NDList theta = replica.ascending(replica.theta());
        AscentArrays arrays =
                new AscentArrays(
                        theta,
                        v,
                        hasFisherPass() ? replica.ascending(replica.gradients()) : g,
                        settings.neighborhood().readsSecondMoment()
                                ? new BaseState(settings.base())
                                        .preconditioner(replica.ascendingIds(), theta)
                                : Optional.empty(),
                        replica.ascendingWeights());
        return new AscentVector(arrays, g, v == g);
    }

    @SuppressWarnings("ReferenceEquality") // Whether the direction gave back its argument.
    private NDList direction(NDList g, DirectionState state) {
        Direction direction = settings.ascent().direction();
        NDList v = direction.of(g, state);
        if (v != g && !Arrays.equals(v.getShapes(), g.getShapes())) {
            throw new IllegalStateException(
                    "A direction must have the gradients' shapes, "
                            + Arrays.toString(g.getShapes())
                            + ", received: "
                            + Arrays.toString(v.getShapes())
                            + " of "
                            + direction);
        }
        return v;
    }

    /** Puts g back into the gradient arrays, for a step that does not ascend after all. */
    void restoreClean(Replica replica) {
        if (keepsClean()) {
            tensors.copy(clean(replica), replica.gradients());
        }
    }

    /** Overwrites the gradients with those of the first pass again. */
    void retakeFirst(BatchPart part) {
        retake(part, part.isNoisy());
    }

    /** Overwrites the gradients with those at x, after a first pass at x + z. */
    void retakeClean(BatchPart part) {
        retake(part, false);
    }

    private void retake(BatchPart part, boolean noisy) {
        part.replica().zeroGradients();
        try (NDManager scope = part.borrowForObjective()) {
            collect(part, noisy);
        }
        part.closeIntermediates();
    }

    /** Makes ready what the second pass reads of the model at θ. */
    void prepareSecond(BatchPart part) {
        penalty.complete(part);
    }

    /** Overwrites the gradients with the descent gradient g′ at θ + ε*; returns the loss there. */
    NDArray second(BatchPart part) {
        part.replica().zeroGradients();
        return settings.descent().isFunctional() ? functional(part) : collect(part, false);
    }

    private NDArray collect(BatchPart part, boolean noisy) {
        try (GradientCollector collector = collector(trainer)) {
            NDArray loss = part.isOfClosure() ? loss(part, noisy) : bareLoss(part, noisy);
            GradientCheck.backward(collector, loss);
            return loss;
        }
    }

    private NDArray loss(BatchPart part, boolean noisy) {
        Replay.Run run = replay.again(part, noisy);
        return penalty.add(run.loss(), part, part.calls(), run.outputs(), noisy);
    }

    /** The loss alone: backward finds what it needs in the graph, and the rest is freed. */
    private NDArray bareLoss(BatchPart part, boolean noisy) {
        NDManager scope = part.lastCall().data().head().getManager();
        NDArray loss = part.intermediates().of(scope, () -> loss(part, noisy));
        part.intermediates().close(List.of(loss));
        return loss;
    }

    /**
     * The gradient of Σ u ⊙ z(θ + ε*), u = ∂L/∂outputs at θ; what of L depends on θ directly is
     * descended at θ + ε*.
     */
    private NDArray functional(BatchPart part) {
        List<NDList> leaves = leaves(part);
        try (GradientCollector collector = collector(trainer)) {
            Replay.Run run = replay.again(part, false);
            NDArray loss = penalty.add(run.loss(), part, part.calls(), run.outputs(), false);
            NDArray objective = null;
            for (int i = 0; i < leaves.size(); i++) {
                objective = addProducts(objective, leaves.get(i), run.outputs().get(i));
            }
            GradientCheck.backward(collector, objective);
            return loss;
        }
    }

    /** The first pass's outputs as leaves that hold ∂L/∂outputs as their gradients. */
    private List<NDList> leaves(BatchPart part) {
        try (GradientCollector collector = collector(trainer)) {
            Replay.Run run = replay.onLeaves(part);
            NDArray loss = penalty.add(run.loss(), part, part.calls(), run.outputs(), false);
            GradientCheck.backward(collector, loss);
            return run.outputs();
        }
    }

    private static NDArray addProducts(NDArray sum, NDList leaves, NDList outputs) {
        NDArray total = sum;
        for (int i = 0; i < leaves.size(); i++) {
            if (leaves.get(i).hasGradient()) {
                NDArray product = outputs.get(i).mul(leaves.get(i).getGradient()).sum();
                total = total == null ? product : total.add(product);
            }
        }
        return total;
    }
}
