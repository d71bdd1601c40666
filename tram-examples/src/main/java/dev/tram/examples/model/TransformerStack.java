package dev.tram.examples.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.List;

/** Equal transformer layers, one after the other. */
final class TransformerStack extends FixedBlock {

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

    /**
     * Runs the layers.
     *
     * @param input tokens of shape (B, T, width); closed once the first layer has read it
     * @param mask what is added to the attention's scores, or null
     */
    NDArray consume(ParameterStore store, NDArray input, NDArray mask, boolean training) {
        NDArray hidden = input;
        for (TransformerLayer layer : layers) {
            try (NDArray previous = hidden) {
                hidden = layer.apply(store, previous, mask, training);
            }
        }
        return hidden;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray mask = inputs.size() > 1 ? inputs.get(1) : null;
        NDArray own = inputs.head().duplicate();
        return new NDList(consume(parameterStore, own, mask, training));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
