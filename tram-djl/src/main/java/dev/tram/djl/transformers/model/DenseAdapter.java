package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;

/** What an adapter makes of one linear map. */
interface DenseAdapter {

    /** Computes the adapted map; see {@link UnaryBlock#apply}. */
    NDArray apply(Dense base, ParameterStore store, NDArray input, boolean training);

    /** Draws the random numbers that {@link #apply} draws. */
    void skip(NDArray input, boolean training);

    /** Returns the trained parameters by what follows the map's name in an adapter's file. */
    Map<String, Parameter> tensors();

    /** Writes the adapted map into the map's own parameters. */
    void merge(Dense base);

    /** Takes the adapted map out of the map's own parameters again. */
    void unmerge(Dense base);
}
