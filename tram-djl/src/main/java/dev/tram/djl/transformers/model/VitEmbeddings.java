package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/** Images (B, C, H, W) to tokens (B, 1 + patches, width): class token, patches, positions. */
final class VitEmbeddings extends UnaryBlock {

    static final String POSITIONS = "position_embeddings";

    private final VitConfig config;
    private final Parameter classToken;
    private final Parameter positions;
    private final PatchEmbedding patches;

    VitEmbeddings(VitConfig config, Initializer initializer) {
        this.config = config;
        int width = config.hiddenSize();
        classToken = addParameter("cls_token", Parameter.Type.WEIGHT, initializer, 1, 1, width);
        positions =
                addParameter(
                        POSITIONS,
                        Parameter.Type.WEIGHT,
                        initializer,
                        1,
                        1 + config.patches(),
                        width);
        patches =
                addChildBlock(
                        "patch_embeddings.projection", new PatchEmbedding(config, initializer));
    }

    @Override
    NDArray apply(ParameterStore store, NDArray images, boolean training) {
        long batch = images.getShape().get(0);
        NDArray token = store.getValue(classToken, images.getDevice(), training);
        NDArray position = store.getValue(positions, images.getDevice(), training);
        try (NDArray patchTokens = patches.apply(store, images, training);
                NDArray classTokens = token.broadcast(batch, 1, config.hiddenSize())) {
            // What is computed from a parameter belongs to the model; concat follows its first.
            classTokens.attach(images.getManager());
            try (NDArray tokens = classTokens.concat(patchTokens, 1);
                    NDArray placed = tokens.add(position)) {
                return Dropout.dropout(placed, config.hiddenDropoutProb(), training)
                        .singletonOrThrow();
            }
        }
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return new Shape(inputShape.get(0), 1 + config.patches(), config.hiddenSize());
    }
}
