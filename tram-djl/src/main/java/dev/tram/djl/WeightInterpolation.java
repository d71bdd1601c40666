package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.tram.core.MultiTensor;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.engine.Precision;
import java.util.HashMap;
import java.util.Map;

/**
 * (1−α)θ_0 + αθ of two models with the same parameters, for example before and after fine-tuning,
 * without training (WiSE-FT, Wortsman et al. 2022).
 */
public final class WeightInterpolation {

    private WeightInterpolation() {}

    /**
     * Overwrites a model's parameters, running statistics included, with those between two others.
     * Parameters are matched by their order and shapes; the target may be one of the two.
     *
     * @param start θ_0, an initialised block
     * @param end θ, an initialised block
     * @param alpha α, in [0, 1]; 0 gives the start and 1 the end bit for bit
     * @param target the block to overwrite
     * @throws IllegalArgumentException if α is outside its range, or the blocks differ in the
     *     number or in a shape of their parameters; nothing is changed then
     */
    public static void apply(Block start, Block end, float alpha, Block target) {
        if (!(alpha >= 0f && alpha <= 1f)) {
            throw Arguments.rejected("alpha", "in [0, 1]", alpha);
        }
        checkParallel("end", start, end);
        checkParallel("target", start, target);
        Map<Parameter, NDArray> done = new HashMap<>();
        for (int i = 0; i < start.getParameters().size(); i++) {
            NDArray from = start.getParameters().valueAt(i).getArray();
            NDArray to = end.getParameters().valueAt(i).getArray();
            Parameter parameter = target.getParameters().valueAt(i);
            if (done.put(parameter, from) == null) {
                mix(from, to, alpha, parameter.getArray());
            }
        }
    }

    private static void mix(NDArray from, NDArray to, float alpha, NDArray target) {
        try (NDManager scope = target.getManager().newSubManager()) {
            NDList mixed = new NDList(wide(from, scope));
            if (alpha == 1f) {
                mixed = new NDList(wide(to, scope));
            } else if (alpha > 0f) {
                MultiTensor.portable().average(mixed, new NDList(wide(to, scope)), 1.0 - alpha);
            }
            MultiTensor.portable().copy(mixed, new NDList(target));
        }
    }

    /** A copy in float32 or better, without gradient. */
    private static NDArray wide(NDArray array, NDManager scope) {
        boolean low = Precision.isLow(array);
        NDArray detached = array.stopGradient();
        detached.attach(scope);
        NDArray copy = low ? detached.toType(DataType.FLOAT32, false) : detached.duplicate();
        copy.attach(scope);
        return copy;
    }

    private static void checkParallel(String name, Block start, Block other) {
        int expected = start.getParameters().size();
        if (other.getParameters().size() != expected) {
            throw Arguments.rejected(
                    name,
                    "of as many parameters as the start, " + expected,
                    other.getParameters().size());
        }
        int i = 0;
        for (Pair<String, Parameter> pair : start.getParameters()) {
            Parameter parallel = other.getParameters().valueAt(i++);
            if (!pair.getValue().getArray().getShape().equals(parallel.getArray().getShape())) {
                throw Arguments.rejected(
                        name + "'s " + pair.getKey(),
                        "of shape " + pair.getValue().getArray().getShape(),
                        parallel.getArray().getShape());
            }
        }
    }
}
