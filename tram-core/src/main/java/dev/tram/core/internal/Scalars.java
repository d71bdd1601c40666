package dev.tram.core.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Numbers as scalar arrays of the engine's own memory. DJL hands a plain Number over in a Java
 * buffer, which is a copy that a device waits for, and which may be collected before a backward
 * pass reads it.
 */
public final class Scalars {

    private Scalars() {}

    /**
     * Returns a number in the precision of the array that it meets, float32 for integers and 16-bit
     * types.
     *
     * @param value the number
     * @param array the array whose manager owns the scalar
     * @return the scalar
     */
    public static NDArray like(double value, NDArray array) {
        NDManager manager = array.getManager();
        if (array.getDataType() != DataType.FLOAT64) {
            return manager.full(new Shape(), (float) value);
        }
        try (NDArray buffered = manager.create(value)) {
            return buffered.duplicate();
        }
    }
}
