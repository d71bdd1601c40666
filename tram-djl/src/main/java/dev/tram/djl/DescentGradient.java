package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.Replica;
import java.util.List;
import java.util.function.Function;

/**
 * The mean of descent gradients, weighted by valid positions, over the devices and over the batches
 * of an accumulated group. It ends in the first replica's gradient arrays; those of the others are
 * 0, so that DJL's sum over devices is the mean. Where the descent is made of the means of g and
 * g′, both are averaged.
 */
final class DescentGradient {

    private static final String ACCUMULATED = "accumulated";
    private static final String ACCUMULATED_CLEAN = "accumulated-clean";

    private final MultiTensor tensors;
    private final int batchesPerUpdate;
    private final boolean keepsClean;

    private int batches;
    private double positions;

    /**
     * An empty group.
     *
     * @param keepsClean whether g is averaged beside g′
     */
    DescentGradient(MultiTensor tensors, int batchesPerUpdate, boolean keepsClean) {
        this.tensors = tensors;
        this.batchesPerUpdate = batchesPerUpdate;
        this.keepsClean = keepsClean;
    }

    /** How many batches of the group are in, for a checkpoint. */
    int batches() {
        return batches;
    }

    /** How many valid positions are in the accumulated sum, for a checkpoint. */
    double positions() {
        return positions;
    }

    void resume(int batchesIn, double positionsIn) {
        batches = batchesIn;
        positions = positionsIn;
    }

    boolean isEmpty() {
        return batches == 0;
    }

    /** The mean over devices of the gradients that ascend, in float32 or better; they stay. */
    NDList ofDevices(List<BatchPart> parts, List<Figures> figures, NDManager scope) {
        Replica first = parts.get(0).replica();
        NDList mean = new NDList();
        for (NDArray theta : first.ascending(first.theta())) {
            mean.add(scope.zeros(theta.getShape(), theta.getDataType()));
        }
        double total = Figures.positions(figures);
        for (int i = 0; i < parts.size(); i++) {
            Replica replica = parts.get(i).replica();
            NDList own = replica.ascending(replica.gradients());
            addFrom(own, first, mean, figures.get(i).positions() / total);
        }
        return mean;
    }

    /** Averages the gradients over devices into the first replica. */
    void averageDevices(List<BatchPart> parts, List<Figures> figures, Replica first) {
        averageDevices(parts, figures, first, Replica::gradients);
        if (keepsClean) {
            averageDevices(parts, figures, first, DescentGradient::clean);
        }
    }

    private static NDList clean(Replica replica) {
        return replica.buffer(Replica.CLEAN_GRADIENT).arrays();
    }

    /** Averages some arrays of each replica over devices into those of the first. */
    void averageDevices(
            List<BatchPart> parts,
            List<Figures> figures,
            Replica first,
            Function<Replica, NDList> arrays) {
        if (parts.size() == 1 && parts.get(0).replica() == first) {
            return;
        }
        double total = Figures.positions(figures);
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).replica() == first) {
                tensors.scale(arrays.apply(first), figures.get(i).positions() / total);
            }
        }
        for (int i = 0; i < parts.size(); i++) {
            Replica replica = parts.get(i).replica();
            if (replica != first) {
                double weight = figures.get(i).positions() / total;
                addFrom(arrays.apply(replica), first, arrays.apply(first), weight);
                tensors.zero(arrays.apply(replica));
            }
        }
    }

    /** Adds arrays of another device, moved in one copy. */
    private void addFrom(NDList source, Replica first, NDList target, double weight) {
        try (NDManager scope = first.manager().newSubManager()) {
            NDList moved = new NDList(source.size());
            for (NDArray array : source) {
                moved.add(scope.zeros(array.getShape(), array.getDataType()));
            }
            tensors.copy(source, moved);
            tensors.addScaled(target, moved, weight);
        }
    }

    /**
     * Adds a batch to the group.
     *
     * @return true if the group is complete: the gradient arrays then hold its mean
     */
    boolean add(Replica first, double batchPositions) {
        if (batchesPerUpdate == 1) {
            positions = batchPositions;
            return true;
        }
        if (batchPositions > 0) {
            addTo(ACCUMULATED, first, first.gradients(), batchPositions);
            if (keepsClean) {
                addTo(ACCUMULATED_CLEAN, first, clean(first), batchPositions);
            }
            positions += batchPositions;
        }
        batches++;
        if (batches < batchesPerUpdate) {
            return false;
        }
        takeMean(ACCUMULATED, first, first.gradients());
        if (keepsClean) {
            takeMean(ACCUMULATED_CLEAN, first, clean(first));
        }
        batches = 0;
        return true;
    }

    private void addTo(String buffer, Replica first, NDList arrays, double weight) {
        tensors.addScaled(first.buffer(buffer).arrays(), arrays, weight);
    }

    private void takeMean(String buffer, Replica first, NDList target) {
        NDList sum = first.buffer(buffer).arrays();
        if (positions > 0) {
            tensors.scale(sum, 1 / positions);
        }
        tensors.copy(sum, target);
        tensors.zero(sum);
    }

    /** Whether the complete group had anything but skipped batches; clears it. */
    boolean takeUpdate() {
        boolean update = positions > 0;
        positions = 0;
        return update;
    }
}
