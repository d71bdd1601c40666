package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.core.MultiTensor;
import java.util.List;

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

    /** Averages over devices into the first replica. */
    void averageDevices(List<FirstPass> passes, double[] weights, Replica first) {
        double total = sum(weights);
        if (passes.size() == 1 && passes.get(0).replica() == first) {
            return;
        }
        for (int i = 0; i < weights.length; i++) {
            Replica replica = passes.get(i).replica();
            if (replica == first) {
                tensors.scale(first.gradients(), weights[i] / total);
            }
        }
        for (int i = 0; i < weights.length; i++) {
            Replica replica = passes.get(i).replica();
            if (replica != first) {
                addFrom(replica, first, weights[i] / total);
                replica.zeroGradients();
            }
        }
    }

    private void addFrom(Replica source, Replica target, double weight) {
        try (NDManager scope = target.manager().newSubManager()) {
            NDList moved = new NDList();
            for (NDArray gradient : source.gradients()) {
                NDArray copy = gradient.toDevice(target.device(), false);
                if (copy != gradient) {
                    copy.attach(scope);
                }
                moved.add(copy);
            }
            tensors.addScaled(target.gradients(), moved, weight);
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
