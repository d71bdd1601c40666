package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/** The 16-bit floating-point types, whose sums and updates are done in float32. */
final class Precision {

    private Precision() {}

    static boolean isLow(NDArray array) {
        DataType type = array.getDataType();
        return type == DataType.FLOAT16 || type == DataType.BFLOAT16;
    }
}
