package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.HashMap;
import java.util.Map;

/** A linear map that is trained whole, instead of the frozen one. */
final class TrainedCopy implements DenseAdapter {

    private static final NDIndex ALL = new NDIndex("...");

    private final Dense copy;
    private final Map<String, NDArray> replaced = new HashMap<>();

    TrainedCopy(Dense copy) {
        this.copy = copy;
    }

    @Override
    public NDArray apply(Dense base, ParameterStore store, NDArray input, boolean training) {
        return copy.map(store, input, training);
    }

    @Override
    public void skip(NDArray input, boolean training) {}

    @Override
    public Map<String, Parameter> tensors() {
        return copy.ownParameters();
    }

    /** Copies values from one map's parameters to another's of the same shapes. */
    static void copyValues(Dense from, Dense to) {
        Map<String, Parameter> targets = to.ownParameters();
        from.ownParameters()
                .forEach(
                        (name, source) -> targets.get(name).getArray().set(ALL, source.getArray()));
    }

    @Override
    public void merge(Dense base) {
        base.ownParameters()
                .forEach((name, each) -> replaced.put(name, each.getArray().duplicate()));
        copyValues(copy, base);
    }

    @Override
    public void unmerge(Dense base) {
        base.ownParameters()
                .forEach(
                        (name, each) -> {
                            try (NDArray original = replaced.remove(name)) {
                                each.getArray().set(ALL, original);
                            }
                        });
    }
}
