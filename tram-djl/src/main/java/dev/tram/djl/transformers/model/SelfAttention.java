package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.tram.core.internal.Arguments;
import java.util.ArrayList;
import java.util.List;

/** Multi-head self-attention: projections, attention per head, output projection. */
final class SelfAttention extends SequenceBlock {

    private final int heads;
    private final float dropout;
    private final List<Dense> projections = new ArrayList<>();
    private final Dense output;
    private Precision precision = Precision.FLOAT32;

    SelfAttention(LayerSpec spec) {
        if (spec.width() % spec.heads() != 0) {
            throw Arguments.rejected(
                    "the number of attention heads",
                    "a divisor of the width " + spec.width(),
                    spec.heads());
        }
        heads = spec.heads();
        dropout = spec.attentionDropout();
        List<String> names = spec.names().projections();
        for (String name : names) {
            projections.add(
                    addChildBlock(
                            name,
                            new Dense(
                                    spec.width(),
                                    spec.width() * (3 / names.size()),
                                    spec.biasedProjections(),
                                    spec.initializer())));
        }
        output =
                addChildBlock(
                        spec.names().attentionOutput(),
                        new Dense(spec.width(), spec.width(), spec.outputInitializer()));
    }

    @Override
    void setPrecision(Precision newPrecision) {
        super.setPrecision(newPrecision);
        precision = newPrecision;
    }

    @Override
    NDArray apply(ParameterStore store, NDArray tokens, AttentionMask mask, boolean training) {
        try (NDList projected = project(store, tokens, training);
                NDArray attended =
                        precision.attention(
                                projected.get(0),
                                projected.get(1),
                                projected.get(2),
                                mask,
                                dropout,
                                training);
                NDArray swapped = attended.swapAxes(1, 2);
                NDArray joined = swapped.reshape(tokens.getShape())) {
            return output.apply(store, joined, training);
        }
    }

    /** Query, key and value, each of shape (B, heads, T, width of a head). */
    private NDList project(ParameterStore store, NDArray tokens, boolean training) {
        Shape shape = tokens.getShape();
        Shape perHead = new Shape(shape.get(0), shape.get(1), heads, shape.get(2) / heads);
        NDList projected = new NDList();
        for (Dense projection : projections) {
            try (NDArray all = projection.apply(store, tokens, training);
                    NDList parts = all.split(3 / projections.size(), 2)) {
                for (NDArray part : parts) {
                    try (NDArray split = part.reshape(perHead)) {
                        projected.add(split.swapAxes(1, 2));
                    }
                }
            }
        }
        return projected;
    }
}
