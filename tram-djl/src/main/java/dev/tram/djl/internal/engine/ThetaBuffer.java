package dev.tram.djl.internal.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import dev.tram.core.MultiTensor;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One array per trainable parameter, in float32 or better, owned by the training session. */
public final class ThetaBuffer {

    private final NDManager manager;
    private final Map<Parameter, NDArray> byParameter = new HashMap<>();
    private final boolean startsAtZero;
    private NDList arrays = new NDList();

    public ThetaBuffer(NDManager manager) {
        this(manager, false);
    }

    /**
     * An empty buffer.
     *
     * @param startsAtZero whether a parameter that is new here starts as 0 rather than as a copy
     */
    public ThetaBuffer(NDManager manager, boolean startsAtZero) {
        this.manager = manager;
        this.startsAtZero = startsAtZero;
    }

    /**
     * Follows a change of the trainable parameters. A parameter new here starts as a copy of the
     * given value, or as 0; one that was frozen keeps its last value in {@link #overlay()}.
     */
    public void adopt(List<Parameter> parameters, NDList values) {
        arrays = new NDList(parameters.size());
        for (int i = 0; i < parameters.size(); i++) {
            NDArray value = values.get(i);
            arrays.add(byParameter.computeIfAbsent(parameters.get(i), p -> copyOf(value)));
        }
    }

    private NDArray copyOf(NDArray value) {
        NDArray copy =
                Precision.isLow(value) ? value.toType(DataType.FLOAT32, false) : value.duplicate();
        if (startsAtZero) {
            MultiTensor.portable().zero(new NDList(copy));
        }
        copy.attach(manager);
        return copy;
    }

    /** Forgets the values of parameters that are frozen by now: they are the model's own. */
    public void forgetFrozen() {
        if (byParameter.size() == arrays.size()) {
            return;
        }
        Set<NDArray> live = Collections.newSetFromMap(new IdentityHashMap<>());
        live.addAll(arrays);
        byParameter
                .values()
                .removeIf(
                        array -> {
                            boolean frozen = !live.contains(array);
                            if (frozen) {
                                array.close();
                            }
                            return frozen;
                        });
    }

    /** The arrays in the layout's order. */
    public NDList arrays() {
        return arrays;
    }

    /** The arrays by parameter, frozen ones included. */
    public Map<Parameter, NDArray> overlay() {
        return byParameter;
    }
}
