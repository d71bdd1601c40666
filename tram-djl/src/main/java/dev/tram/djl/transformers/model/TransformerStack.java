package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;

/** Equal transformer layers, one after the other. */
final class TransformerStack extends SequenceBlock {

    private final List<TransformerLayer> layers = new ArrayList<>();

    /**
     * Builds the layers.
     *
     * @param name what a layer is called; its number follows after a dot
     */
    TransformerStack(String name, int count, LayerSpec spec) {
        for (int i = 0; i < count; i++) {
            layers.add(addChildBlock(name + "." + i, new TransformerLayer(spec)));
        }
    }

    @Override
    NDArray apply(ParameterStore store, NDArray tokens, AttentionMask mask, boolean training) {
        NDArray hidden = layers.get(0).apply(store, tokens, mask, training);
        for (TransformerLayer layer : layers.subList(1, layers.size())) {
            try (NDArray previous = hidden) {
                hidden = layer.apply(store, previous, mask, training);
            }
        }
        return hidden;
    }
}
