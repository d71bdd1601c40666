package dev.tram.djl.internal.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One array per trainable parameter, in float32 or better, owned by the training session. */
public final class ThetaBuffer {

    private final NDManager manager;
    private final Map<Parameter, NDArray> byParameter = new HashMap<>();
    private NDList arrays = new NDList();

    public ThetaBuffer(NDManager manager) {
        this.manager = manager;
    }

    /**
     * Follows a change of the trainable parameters. A parameter new here starts as a copy of the
     * given value; one that was frozen keeps its last value in {@link #overlay()}.
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
        copy.attach(manager);
        return copy;
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
