package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/** Images (B, C, H, W) to tokens (B, 1 or 2 + patches, width): class token, patches, positions. */
final class VitEmbeddings extends UnaryBlock {

    static final String POSITIONS = "position_embeddings";

    private final VitConfig config;
    private final Parameter classToken;
    private final Parameter distillationToken;
    private final Parameter positions;
    private final PatchEmbedding patches;

    VitEmbeddings(VitConfig config, Initializer initializer) {
        this.config = config;
        int width = config.hiddenSize();
        classToken = addParameter("cls_token", Parameter.Type.WEIGHT, initializer, 1, 1, width);
        distillationToken =
                config.hasDistillationToken()
                        ? addParameter(
                                "distillation_token",
                                Parameter.Type.WEIGHT,
                                initializer,
                                1,
                                1,
                                width)
                        : null;
        positions =
                addParameter(
                        POSITIONS, Parameter.Type.WEIGHT, initializer, 1, config.tokens(), width);
        patches =
                addChildBlock(
                        "patch_embeddings.projection", new PatchEmbedding(config, initializer));
    }

    @Override
    NDArray apply(ParameterStore store, NDArray images, boolean training) {
        NDArray position = store.getValue(positions, images.getDevice(), training);
        try (NDArray patchTokens = patches.apply(store, images, training);
                NDArray described = describe(store, images, patchTokens, training);
                NDArray classTokens = token(store, classToken, images, training);
                NDArray tokens = classTokens.concat(described, 1);
                NDArray placed = tokens.add(position)) {
            return Dropout.dropout(placed, config.hiddenDropoutProb(), training).singletonOrThrow();
        }
    }

    /** Puts the distillation token, if there is one, before the patches. */
    private NDArray describe(
            ParameterStore store, NDArray images, NDArray patchTokens, boolean training) {
        if (distillationToken == null) {
            return patchTokens.reshape(patchTokens.getShape());
        }
        try (NDArray token = token(store, distillationToken, images, training)) {
            return token.concat(patchTokens, 1);
        }
    }

    private NDArray token(
            ParameterStore store, Parameter parameter, NDArray images, boolean training) {
        NDArray token = store.getValue(parameter, images.getDevice(), training);
        NDArray tokens = token.broadcast(images.getShape().get(0), 1, config.hiddenSize());
        // What is computed from a parameter belongs to the model; concat follows its first.
        tokens.attach(images.getManager());
        return tokens;
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return new Shape(inputShape.get(0), config.tokens(), config.hiddenSize());
    }
}
