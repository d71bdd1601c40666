package dev.tram.djl;

import ai.djl.ndarray.NDList;
import dev.tram.core.Direction;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.Replica;

/**
 * A replica's buffers of the ascent's direction, over the ascending parameters.
 *
 * @param outputInGradients whether v may overwrite the gradient arrays, g being kept elsewhere
 */
record DirectionState(
        Replica replica, boolean isEmpty, boolean outputInGradients, MultiTensor tensors)
        implements Direction.State {

    static String bufferName(String name) {
        return "direction-" + name;
    }

    @Override
    public NDList buffer(String name) {
        return replica.ascending(replica.buffer(bufferName(name)).arrays());
    }

    @Override
    public NDList output() {
        return replica.ascending(
                outputInGradients
                        ? replica.gradients()
                        : replica.buffer(Replica.DIRECTION).arrays());
    }
}
