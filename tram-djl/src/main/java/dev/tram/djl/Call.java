package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/** One run of the model in the first pass, and what later passes need to repeat it. */
final class Call {

    private final int index;
    private final ParameterStore store;
    private final NDList data;
    private final NDList labels;
    private final PairList<String, Object> params;

    private NoiseDraw noise;
    private NDList outputs;
    private NDArray penaltyTarget;

    /**
     * A run of the model.
     *
     * @param index its place among the runs of the pass, from 0
     * @param labels the labels, or null for a run without
     */
    Call(
            int index,
            ParameterStore store,
            NDList data,
            NDList labels,
            PairList<String, Object> params) {
        this.index = index;
        this.store = store;
        this.data = data;
        this.labels = labels;
        this.params = params;
    }

    /** The same run on other inputs: part of them, or those of a later pass. */
    Call on(NDList otherData, NDList otherLabels) {
        Call other = new Call(index, store, otherData, otherLabels, params);
        other.noise = noise;
        return other;
    }

    int index() {
        return index;
    }

    ParameterStore store() {
        return store;
    }

    NDList data() {
        return data;
    }

    /** The labels, an empty list for a run without. */
    NDList labels() {
        return labels == null ? new NDList() : labels;
    }

    boolean hasLabels() {
        return labels != null;
    }

    PairList<String, Object> params() {
        return params;
    }

    /** The step's noise z, or null for a method without noise. */
    NoiseDraw noise() {
        return noise;
    }

    void setNoise(NoiseDraw noise) {
        this.noise = noise;
    }

    /** The first pass's outputs, at x + z if that pass is noisy; null before it. */
    NDList outputs() {
        return outputs;
    }

    /** Takes the outputs in a list of their own, since losses may reorder theirs. */
    void setOutputs(NDList outputs) {
        this.outputs = new NDList(outputs);
    }

    /** Whether an array of a list is one of the outputs. */
    boolean gave(NDList arrays) {
        return outputs != null
                && arrays.stream().anyMatch(a -> outputs.stream().anyMatch(own -> own == a));
    }

    /** The penalty's target logits, or null as long as the target is the model itself. */
    NDArray penaltyTarget() {
        return penaltyTarget;
    }

    void setPenaltyTarget(NDArray target) {
        penaltyTarget = target;
    }
}
