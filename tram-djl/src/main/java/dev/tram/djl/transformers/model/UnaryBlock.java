package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/** A block that maps one array to one array. */
abstract class UnaryBlock extends FixedBlock {

    /**
     * Computes the output.
     *
     * @param store the parameters' values
     * @param input the input; stays the caller's, who may close it afterwards
     * @param training whether dropout is on
     * @return a new array, the caller's
     */
    abstract NDArray apply(ParameterStore store, NDArray input, boolean training);

    abstract Shape outputShape(Shape inputShape);

    @Override
    protected final NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return new NDList(apply(parameterStore, inputs.singletonOrThrow(), training));
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {outputShape(inputShapes[0])};
    }
}
