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
 * 0, so that DJL's sum over devices is the mean.
 */
final class DescentGradient {

    static final String ACCUMULATED = "accumulated";

    private final MultiTensor tensors;
    private final int batchesPerUpdate;
    private int batches;
    private double positions;

    DescentGradient(MultiTensor tensors, int batchesPerUpdate) {
        this.tensors = tensors;
        this.batchesPerUpdate = batchesPerUpdate;
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

    /** Averages the gradients over devices into the first replica. */
    void averageDevices(List<FirstPass> passes, double[] weights, Replica first) {
        averageDevices(passes, weights, first, Replica::gradients);
    }

    /** Averages some arrays of each replica over devices into those of the first. */
    void averageDevices(
            List<FirstPass> passes,
            double[] weights,
            Replica first,
            Function<Replica, NDList> arrays) {
        double total = sum(weights);
        if (passes.size() == 1 && passes.get(0).replica() == first) {
            return;
        }
        for (int i = 0; i < weights.length; i++) {
            Replica replica = passes.get(i).replica();
            if (replica == first) {
                tensors.scale(arrays.apply(first), weights[i] / total);
            }
        }
        for (int i = 0; i < weights.length; i++) {
            Replica replica = passes.get(i).replica();
            if (replica != first) {
                addFrom(arrays.apply(replica), first, arrays.apply(first), weights[i] / total);
                tensors.zero(arrays.apply(replica));
            }
        }
    }

    private void addFrom(NDList source, Replica first, NDList target, double weight) {
        try (NDManager scope = first.manager().newSubManager()) {
            NDList moved = new NDList();
            for (NDArray array : source) {
                NDArray copy = array.toDevice(first.device(), false);
                if (copy != array) {
                    copy.attach(scope);
                }
                moved.add(copy);
            }
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
        NDList sum = accumulated(first);
        if (batchPositions > 0) {
            tensors.addScaled(sum, first.gradients(), batchPositions);
            positions += batchPositions;
        }
        batches++;
        if (batches < batchesPerUpdate) {
            return false;
        }
        if (positions > 0) {
            tensors.scale(sum, 1 / positions);
        }
        tensors.copy(sum, first.gradients());
        tensors.zero(sum);
        batches = 0;
        return true;
    }

    /** Whether the complete group had anything but skipped batches; clears it. */
    boolean takeUpdate() {
        boolean update = positions > 0;
        positions = 0;
        return update;
    }

    private NDList accumulated(Replica first) {
        boolean fresh = !first.hasBuffer(ACCUMULATED);
        NDList sum = first.buffer(ACCUMULATED).arrays();
        if (fresh) {
            tensors.zero(sum);
        }
        return sum;
    }

    private static double sum(double[] weights) {
        double total = 0;
        for (double weight : weights) {
            total += weight;
        }
        return total;
    }
}
