package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import dev.tram.core.internal.Scalars;
import java.util.function.Supplier;

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
        return half ? convert(logits, DataType.FLOAT32) : logits;
    }

    /**
     * Converts an array so that gradients pass. (NDArray.toType is no operation of the graph: on
     * PyTorch it runs without gradient.)
     */
    static NDArray convert(NDArray array, DataType type) {
        return array.getDataType() == type
                ? array
                : array.getManager().zeros(array.getShape(), type).addi(array);
    }

    /**
     * Clamps the scalar that a formula gives at 0 and returns it in the logits' precision, float32
     * at least.
     */
    static NDArray scalar(NDArray logits, Supplier<NDArray> formula) {
        boolean wide = logits.getDataType() == DataType.FLOAT64;
        DataType type = wide ? DataType.FLOAT64 : DataType.FLOAT32;
        return scoped(
                logits.getManager(),
                () -> {
                    NDArray value = formula.get();
                    return convert(value.maximum(Scalars.like(0, value)), type);
                });
    }

    /** Attaches what a formula returns to its owner and closes the intermediate arrays. */
    static NDArray scoped(NDManager owner, Supplier<NDArray> formula) {
        NDArray result;
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            result = formula.get();
            NDScope.unregister(result);
        }
        NDScope.register(result);
        result.attach(owner);
        return result;
    }
}
