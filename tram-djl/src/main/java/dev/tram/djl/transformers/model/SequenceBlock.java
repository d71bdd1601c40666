package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/** A block that maps tokens (B, T, width) to tokens of the same shape, under an attention mask. */
abstract class SequenceBlock extends FixedBlock {

    /**
     * Computes the output.
     *
     * @param store the parameters' values
     * @param tokens the input; stays the caller's, who may close it afterwards
     * @param mask which tokens attend to which
     * @param training whether dropout is on
     * @return a new array, the caller's
     */
    abstract NDArray apply(
            ParameterStore store, NDArray tokens, AttentionMask mask, boolean training);

    /** Takes tokens and, if there is padding, an attention mask of shape (B, T). */
    @Override
    protected final NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        try (AttentionMask mask =
                inputs.size() > 1 ? AttentionMask.padding(inputs.get(1)) : AttentionMask.none()) {
            return new NDList(apply(parameterStore, inputs.head(), mask, training));
        }
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
