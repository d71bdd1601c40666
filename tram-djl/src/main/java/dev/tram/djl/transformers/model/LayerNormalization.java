package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/** Layer normalization of the last axis, with DJL's operator and Hugging Face's names. */
final class LayerNormalization extends UnaryBlock {

    private final Shape normalizedShape;
    private final float epsilon;
    private final Parameter weight;
    private final Parameter bias;

    LayerNormalization(int width, float epsilon) {
        this.normalizedShape = new Shape(width);
        this.epsilon = epsilon;
        weight = addParameter("weight", Parameter.Type.GAMMA, Initializer.ONES, width);
        bias = addParameter("bias", Parameter.Type.BETA, Initializer.ZEROS, width);
    }

    @Override
    NDArray apply(ParameterStore store, NDArray input, boolean training) {
        return LayerNorm.layerNorm(
                        input,
                        normalizedShape,
                        store.getValue(weight, input.getDevice(), training),
                        store.getValue(bias, input.getDevice(), training),
                        epsilon)
                .singletonOrThrow();
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return inputShape;
    }
}
