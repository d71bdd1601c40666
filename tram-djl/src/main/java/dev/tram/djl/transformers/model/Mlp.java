package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/** The position-wise perceptron: width → inner width → width. */
final class Mlp extends UnaryBlock {

    private final ActivationFunction activation;
    private final Dense expand;
    private final Dense contract;

    Mlp(LayerSpec spec) {
        activation = spec.activation();
        LayerNames names = spec.names();
        expand =
                addChildBlock(
                        names.expand(),
                        new Dense(spec.width(), spec.innerWidth(), spec.initializer()));
        contract =
                addChildBlock(
                        names.contract(),
                        new Dense(spec.innerWidth(), spec.width(), spec.outputInitializer()));
    }

    @Override
    NDArray apply(ParameterStore store, NDArray input, boolean training) {
        try (NDArray inner = expand.apply(store, input, training);
                NDArray active = activation.apply(inner)) {
            return contract.apply(store, active, training);
        }
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return inputShape;
    }
}
