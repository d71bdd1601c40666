package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.BaseUpdate;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.GradientMoments;
import dev.tram.djl.internal.engine.Replica;
import java.util.List;

/**
 * The base optimizer's step on the mean gradient of a group of batches. DJL asks for it parameter
 * by parameter and device by device, in an order of its own.
 */
final class GroupUpdate {

    private final TramSettings settings;
    private final BaseUpdate base;
    private final Replicas replicas;
    private final DescentGradient descent;
    private final TrustRegionTracker tracker;
    private final MultiTensor tensors;
    private final GradientMoments moments;
    private final EngineBridge bridge;

    private boolean updating;
    private int seen;

    GroupUpdate(
            TramSettings settings,
            BaseUpdate base,
            Replicas replicas,
            DescentGradient descent,
            TrustRegionTracker tracker,
            MultiTensor tensors,
            EngineBridge bridge) {
        this.settings = settings;
        this.base = base;
        this.replicas = replicas;
        this.descent = descent;
        this.tracker = tracker;
        this.tensors = tensors;
        moments = new GradientMoments(tensors);
        this.bridge = bridge;
    }

    /**
     * Adds a batch's gradient to its group and, if that completes it, prepares the update.
     *
     * @param positions how many distributions the batch counts for, 0 for a skipped one
     * @param squaredGradient gᵀg of the batch's gradient, NaN if it is not known
     * @param remembered the replicas whose buffer of θ_{t−1} holds θ already
     * @return whether the group is complete
     */
    boolean add(double positions, double squaredGradient, List<Replica> remembered) {
        boolean complete = descent.add(replicas.first(), positions);
        updating = complete && descent.takeUpdate();
        seen = 0;
        if (updating) {
            clip(settings.accumulationSteps() == 1 ? squaredGradient : Double.NaN);
            if (tracker.keepsPrevious()) {
                replicas.all().stream()
                        .filter(replica -> !remembered.contains(replica))
                        .forEach(replica -> replica.remember(TrustRegionTracker.PREVIOUS));
            }
        }
        return complete;
    }

    private void clip(double knownSquare) {
        if (settings.maxGradNorm() == Float.POSITIVE_INFINITY) {
            return;
        }
        NDList gradients = replicas.first().gradients();
        double norm = Math.sqrt(Double.isNaN(knownSquare) ? square(gradients) : knownSquare);
        if (norm > settings.maxGradNorm()) {
            tensors.scale(gradients, settings.maxGradNorm() / norm);
        }
    }

    private double square(NDList gradients) {
        try (NDManager scope = replicas.first().manager().newSubManager()) {
            NDArray squared = tensors.squaredNorm(gradients, scope);
            double computed = squared.toType(DataType.FLOAT64, false).getDouble();
            return moments.squaredNorm(computed, gradients, scope);
        }
    }

    boolean hasBegun() {
        return seen > 0;
    }

    /**
     * Updates one parameter, if the group is complete; devices but the first follow when the step
     * ends.
     *
     * @param devices the number of devices
     * @return whether that was the last one
     */
    boolean apply(String parameterId, NDArray weight, NDArray gradient, int devices) {
        Integer index = replicas.layout().indexOf(parameterId);
        if (index == null) {
            base.applyAlone(parameterId, weight, gradient);
            return false;
        }
        Replica first = replicas.first();
        if (updating && weight.getDevice().equals(first.device())) {
            try (EngineBridge.Scope off = bridge.noGradient()) {
                base.apply(index, parameterId, first, weight, gradient);
            }
        }
        seen++;
        return seen == replicas.layout().parameters().size() * devices;
    }

    /**
     * Ends the step: the trust regions follow.
     *
     * @return whether there was an update
     */
    boolean finish() {
        if (updating) {
            try (EngineBridge.Scope off = bridge.noGradient()) {
                base.finish(replicas.first());
                tracker.afterStep(true);
                replicas.all().forEach(this::follow);
            }
        }
        return updating;
    }

    private void follow(Replica replica) {
        if (replica.index() > 0) {
            replica.followTheta(replicas.first());
        }
        tracker.averageInto(replica);
    }
}
