package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/** Checks and conversions of logits of shape (…, classes). */
final class Logits {

    private Logits() {}

    static long classes(NDArray logits) {
        Shape shape = logits.getShape();
        if (shape.dimension() == 0) {
            throw Arguments.rejected("logits", "of shape (…, classes)", shape);
        }
        return shape.get(shape.dimension() - 1);
    }

    static void checkPair(NDArray target, NDArray estimate) {
        if (!target.getShape().equals(estimate.getShape())) {
            throw Arguments.rejected(
                    "targetLogits",
                    "of the estimate's shape " + estimate.getShape(),
                    target.getShape());
        }
        classes(target);
    }

    static void checkValid(NDArray logits, NDArray valid) {
        Shape shape = logits.getShape();
        Shape expected = shape.slice(0, shape.dimension() - 1);
        if (!valid.getShape().equals(expected)) {
            throw Arguments.rejected("valid positions", "of shape " + expected, valid.getShape());
        }
    }

    /** Half-precision logits are compared in float32. */
    static NDArray widen(NDArray logits) {
        DataType type = logits.getDataType();
        boolean half = type == DataType.FLOAT16 || type == DataType.BFLOAT16;
        return half ? logits.toType(DataType.FLOAT32, false) : logits;
    }

    static NDArray logSoftmax(NDArray logits) {
        return widen(logits).logSoftmax(-1);
    }
}
