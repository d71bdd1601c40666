package dev.tram.core.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Numbers as scalar arrays, filled in on the device: DJL copies a plain Number to it, and waits.
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
        return array.getDataType() == DataType.FLOAT64
                ? manager.create(value)
                : manager.full(new Shape(), (float) value);
    }
}
