package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/**
 * Images (B, C, H, W) to patch tokens (B, patches, width): one affine map per patch, as a matrix
 * product, whose float32 is float32 on a GPU; that of cuDNN's convolution is TF32.
 */
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
        NDArray kernel = store.getValue(weight, images.getDevice(), training);
        long width = config.hiddenSize();
        try (NDArray patches = patches(images);
                NDArray matrix = kernel.reshape(width, kernel.size() / width)) {
            // What is computed from a parameter belongs to the model.
            matrix.attach(images.getManager());
            return Linear.linear(
                            patches, matrix, store.getValue(bias, images.getDevice(), training))
                    .singletonOrThrow();
        }
    }

    /** The pixels of each patch in the kernel's order: (B, patches, C · side · side). */
    private NDArray patches(NDArray images) {
        Shape shape = images.getShape();
        long side = config.patchSize();
        long rows = shape.get(2) / side;
        long columns = shape.get(3) / side;
        try (NDArray split = images.reshape(shape.get(0), shape.get(1), rows, side, columns, side);
                NDArray byPatch = split.transpose(0, 2, 4, 1, 3, 5)) {
            return byPatch.reshape(shape.get(0), rows * columns, shape.get(1) * side * side);
        }
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return new Shape(inputShape.get(0), config.patches(), config.hiddenSize());
    }
}
