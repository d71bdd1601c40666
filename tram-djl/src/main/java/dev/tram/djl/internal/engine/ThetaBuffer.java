package dev.tram.djl.internal.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import dev.tram.core.MultiTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One array per trainable parameter, in float32 or better, owned by the training session. */
public final class ThetaBuffer {

    /** What a buffer holds, and so what becomes of it where parameters freeze and thaw. */
    public enum Content {
        /** θ of another time: a frozen parameter keeps its value, a new one starts as it is now. */
        WEIGHTS,
        /** θ of this step: a frozen parameter is forgotten, a new one starts as it is now. */
        CURRENT_WEIGHTS,
        /** Made of gradients: a frozen parameter is forgotten, a new one starts at 0. */
        GRADIENTS
    }

    private final NDManager manager;
    private final Content content;
    private final Map<Parameter, NDArray> byParameter = new LinkedHashMap<>();
    private final List<Parameter> frozen = new ArrayList<>();
    private NDList arrays = new NDList();

    /** An empty buffer whose arrays a manager owns. */
    public ThetaBuffer(NDManager manager, Content content) {
        this.manager = manager;
        this.content = content;
    }

    /**
     * Follows a change of the parameters. One that is no longer the model's is forgotten.
     *
     * @param layout the parameters as they are now
     * @param values the values of the trainable ones
     */
    public void adopt(ParameterLayout layout, NDList values) {
        List<Parameter> parameters = layout.parameters();
        arrays = new NDList(parameters.size());
        for (int i = 0; i < parameters.size(); i++) {
            NDArray value = values.get(i);
            arrays.add(byParameter.computeIfAbsent(parameters.get(i), p -> copyOf(value)));
        }
        Set<Parameter> others = new LinkedHashSet<>(byParameter.keySet());
        parameters.forEach(others::remove);
        frozen.clear();
        for (Parameter other : others) {
            if (content == Content.WEIGHTS && layout.isFrozen(other)) {
                frozen.add(other);
            } else {
                byParameter.remove(other).close();
            }
        }
    }

    private NDArray copyOf(NDArray value) {
        NDArray copy =
                Precision.isLow(value) ? value.toType(DataType.FLOAT32, false) : value.duplicate();
        if (content == Content.GRADIENTS) {
            MultiTensor.portable().zero(new NDList(copy));
        }
        copy.attach(manager);
        return copy;
    }

    /** Forgets the values of parameters that are frozen by now: they are the model's own. */
    public void forgetFrozen() {
        frozen.forEach(parameter -> byParameter.remove(parameter).close());
        frozen.clear();
    }

    /**
     * The array of a parameter; for a frozen one of another time, made of a value where there is
     * none. Empty for a frozen one that this buffer forgets.
     */
    public Optional<NDArray> held(Parameter parameter, NDArray value) {
        NDArray held = byParameter.get(parameter);
        if (held == null && content == Content.WEIGHTS) {
            held = holdFrozen(parameter, value);
        }
        return Optional.ofNullable(held);
    }

    /** Holds a value, of which it takes a copy, for a parameter that is frozen by now. */
    public NDArray holdFrozen(Parameter parameter, NDArray value) {
        NDArray copy = copyOf(value);
        byParameter.put(parameter, copy);
        frozen.add(parameter);
        return copy;
    }

    /** The arrays in the layout's order. */
    public NDList arrays() {
        return arrays;
    }

    /** The parameters that were frozen since, of which a value is held. */
    public List<Parameter> frozen() {
        return frozen;
    }

    /** The values of {@link #frozen()}. */
    public NDList frozenArrays() {
        NDList values = new NDList(frozen.size());
        frozen.forEach(parameter -> values.add(byParameter.get(parameter)));
        return values;
    }

    /** The arrays by parameter, frozen ones included. */
    public Map<Parameter, NDArray> overlay() {
        return byParameter;
    }
}
