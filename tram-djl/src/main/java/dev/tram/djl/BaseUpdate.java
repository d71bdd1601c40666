package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.optimizer.Optimizer;

/** The base optimizer's step on one parameter, in the precision of θ. */
record BaseUpdate(Optimizer base) {

    void apply(String parameterId, NDArray theta, NDArray gradient) {
        DataType type = theta.getDataType();
        if (gradient.getDataType() == type) {
            base.update(parameterId, theta, gradient);
        } else {
            try (NDArray widened = gradient.toType(type, false)) {
                base.update(parameterId, theta, widened);
            }
        }
    }
}
