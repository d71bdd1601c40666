package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/** Images (B, C, H, W) to patch tokens (B, patches, width): one affine map per patch. */
final class PatchEmbedding extends UnaryBlock {

    private final VitConfig config;
    private final Parameter weight;
    private final Parameter bias;

    PatchEmbedding(VitConfig config, Initializer initializer) {
        this.config = config;
        int width = config.hiddenSize();
        int patch = config.patchSize();
        weight =
                addParameter(
                        "weight",
                        Parameter.Type.WEIGHT,
                        initializer,
                        width,
                        config.numChannels(),
                        patch,
                        patch);
        bias = addParameter("bias", Parameter.Type.BIAS, Initializer.ZEROS, width);
    }

    @Override
    NDArray apply(ParameterStore store, NDArray images, boolean training) {
        long batch = images.getShape().get(0);
        Shape stride = new Shape(config.patchSize(), config.patchSize());
        try (NDArray grid =
                        Conv2d.conv2d(
                                        images,
                                        store.getValue(weight, images.getDevice(), training),
                                        store.getValue(bias, images.getDevice(), training),
                                        stride)
                                .singletonOrThrow();
                NDArray tokensLast = grid.reshape(batch, config.hiddenSize(), config.patches())) {
            return tokensLast.swapAxes(1, 2);
        }
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return new Shape(inputShape.get(0), config.patches(), config.hiddenSize());
    }
}
