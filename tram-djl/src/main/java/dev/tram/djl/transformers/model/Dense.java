package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.UniformInitializer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An affine map of the last axis: y = x Wᵀ + b, W of shape (out, in), or what an adapter makes of
 * it.
 */
final class Dense extends UnaryBlock {

    private final int in;
    private final int out;
    private final Parameter weight;
    private final Parameter bias;
    private final Map<String, DenseAdapter> adapters = new LinkedHashMap<>();
    private DenseAdapter active;
    private boolean off;
    private Precision precision = Precision.FLOAT32;

    Dense(int in, int out, Initializer initializer) {
        this(in, out, true, initializer);
    }

    Dense(int in, int out, boolean biased, Initializer initializer) {
        this.in = in;
        this.out = out;
        weight = addParameter("weight", Parameter.Type.WEIGHT, initializer, out, in);
        bias = biased ? addParameter("bias", Parameter.Type.BIAS, Initializer.ZEROS, out) : null;
    }

    @Override
    NDArray apply(ParameterStore store, NDArray input, boolean training) {
        if (active == null) {
            return map(store, input, training);
        }
        if (off) {
            active.skip(input, training);
            return map(store, input, training);
        }
        return active.apply(this, store, input, training);
    }

    /** Computes x Wᵀ + b, whatever the adapters. */
    NDArray map(ParameterStore store, NDArray input, boolean training) {
        return precision.linear(
                input,
                store.getValue(weight, input.getDevice(), training),
                store.getValue(bias, input.getDevice(), training));
    }

    Parameter weight() {
        return weight;
    }

    /** Returns weight and, if there is one, bias, without those of adapters. */
    Map<String, Parameter> ownParameters() {
        Map<String, Parameter> own = new LinkedHashMap<>();
        getDirectParameters().forEach(entry -> own.put(entry.getKey(), entry.getValue()));
        return own;
    }

    /** Adds a low-rank adapter, which is not active yet: A as torch's Linear, B = 0. */
    void addLowRank(String name, LoraConfig config) {
        Dense down =
                adopt(
                        "lora_A." + name,
                        new Dense(
                                in,
                                config.rank(),
                                false,
                                new UniformInitializer((float) (1 / Math.sqrt(in)))));
        Dense up = adopt("lora_B." + name, new Dense(config.rank(), out, false, Initializer.ZEROS));
        adapters.put(name, new LowRankAdapter(down, up, config.scale(), config.dropout()));
    }

    /** Adds a copy that is trained whole and is not active yet. */
    void addCopy(String name) {
        Dense copy =
                adopt(
                        "modules_to_save." + name,
                        new Dense(in, out, bias != null, Initializer.ZEROS));
        TrainedCopy.copyValues(this, copy);
        adapters.put(name, new TrainedCopy(copy));
    }

    private Dense adopt(String name, Dense part) {
        Dense child = addChildBlock(name, part);
        child.setPrecision(precision);
        NDManager manager = weight.getArray().getManager();
        child.initialize(manager, DataType.FLOAT32, new Shape(1, part.in));
        child.freezeParameters(true);
        return child;
    }

    /** Returns an adapter, or null if there is none of that name on this map. */
    DenseAdapter adapter(String name) {
        return adapters.get(name);
    }

    /** Sets the active adapter; null for none. */
    void setActive(DenseAdapter adapter) {
        active = adapter;
    }

    /** Switches the active adapter off or on again. */
    void setOff(boolean newOff) {
        off = newOff;
    }

    @Override
    void setPrecision(Precision newPrecision) {
        super.setPrecision(newPrecision);
        precision = newPrecision;
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return inputShape.slice(0, inputShape.dimension() - 1).add(out);
    }
}
