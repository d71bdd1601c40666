package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import java.util.Map;

/**
 * W x + b + s B A x.
 *
 * @param down A
 * @param up B
 * @param scale s
 * @param dropout the dropout of what A reads
 */
record LowRankAdapter(Dense down, Dense up, float scale, float dropout) implements DenseAdapter {

    @Override
    public NDArray apply(Dense base, ParameterStore store, NDArray input, boolean training) {
        try (NDArray plain = base.map(store, input, training);
                NDArray kept = Dropout.dropout(input, dropout, training).singletonOrThrow();
                NDArray low = down.map(store, kept, training);
                NDArray high = up.map(store, low, training);
                NDArray scaled = Scaling.times(high, scale)) {
            return plain.add(scaled);
        }
    }

    @Override
    public void skip(NDArray input, boolean training) {
        if (training && dropout > 0) {
            Dropout.dropout(input, dropout, true).close();
        }
    }

    @Override
    public Map<String, Parameter> tensors() {
        return Map.of("lora_A.weight", down.weight(), "lora_B.weight", up.weight());
    }

    @Override
    public void merge(Dense base) {
        add(base, scale);
    }

    @Override
    public void unmerge(Dense base) {
        add(base, -scale);
    }

    private void add(Dense base, float factor) {
        try (NDArray a = down.weight().getArray().stopGradient();
                NDArray b = up.weight().getArray().stopGradient();
                NDArray product = b.matMul(a);
                NDArray scaled = product.mul(factor)) {
            base.weight().getArray().addi(scaled);
        }
    }
}
