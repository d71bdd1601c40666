package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/** An affine map of the last axis: y = x Wᵀ + b, W of shape (out, in). */
final class Dense extends UnaryBlock {

    private final int out;
    private final Parameter weight;
    private final Parameter bias;
    private Precision precision = Precision.FLOAT32;

    Dense(int in, int out, Initializer initializer) {
        this(in, out, true, initializer);
    }

    Dense(int in, int out, boolean biased, Initializer initializer) {
        this.out = out;
        weight = addParameter("weight", Parameter.Type.WEIGHT, initializer, out, in);
        bias = biased ? addParameter("bias", Parameter.Type.BIAS, Initializer.ZEROS, out) : null;
    }

    @Override
    NDArray apply(ParameterStore store, NDArray input, boolean training) {
        return precision.linear(
                input,
                store.getValue(weight, input.getDevice(), training),
                store.getValue(bias, input.getDevice(), training));
    }

    @Override
    void setPrecision(Precision newPrecision) {
        precision = newPrecision;
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return inputShape.slice(0, inputShape.dimension() - 1).add(out);
    }
}
