package dev.tram.core.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.tram.core.MultiTensor;
import dev.tram.core.internal.Arguments;

/**
 * The point θ_0 where an analysis starts: moves the live parameters away from it and, on closing,
 * puts them back bit for bit. Owns the buffers of the analysis.
 */
final class Anchor implements AutoCloseable {

    private final MultiTensor tensors;
    private final NDList parameters;
    private final NDManager manager;
    private final NDList origin;

    Anchor(Objective objective) {
        tensors = objective.multiTensor();
        parameters = objective.parameters();
        if (parameters.isEmpty()) {
            throw Arguments.rejected("parameters", "at least one array", "none");
        }
        manager = parameters.get(0).getManager().newSubManager();
        origin = new NDList(parameters.size());
        for (NDArray parameter : parameters) {
            NDArray copy = parameter.duplicate();
            copy.attach(manager);
            origin.add(copy);
        }
    }

    /** The objective's array operations. */
    MultiTensor tensors() {
        return tensors;
    }

    /** The owner of the buffers, closed with this anchor. */
    NDManager manager() {
        return manager;
    }

    /** θ_0. */
    NDList origin() {
        return origin;
    }

    /** A buffer of zeros parallel to the parameters, in float32 or better. */
    NDList buffer() {
        NDList buffer = new NDList(origin.size());
        for (NDArray array : origin) {
            boolean wide = array.getDataType() == DataType.FLOAT64;
            DataType type = wide ? DataType.FLOAT64 : DataType.FLOAT32;
            buffer.add(manager.zeros(array.getShape(), type));
        }
        return buffer;
    }

    /** θ ← θ_0 + scale · direction. */
    void move(NDList direction, double scale) {
        tensors.copy(origin, parameters);
        moveFurther(direction, scale);
    }

    /** θ ← θ + scale · direction. */
    void moveFurther(NDList direction, double scale) {
        tensors.addScaled(parameters, direction, scale);
    }

    /** Restores the parameters and frees the buffers. */
    @Override
    public void close() {
        try (manager) {
            tensors.copy(origin, parameters);
        }
    }

    /** Ends an analysis whose thread was interrupted. */
    static void checkInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException(
                    "the analysis was interrupted; the parameters are restored");
        }
    }
}
