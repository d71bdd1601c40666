package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.pytorch.FusedActivation;
import java.util.Arrays;
import java.util.List;

/** The activation functions of the multilayer perceptrons, by their names in config.json. */
public enum ActivationFunction {
    /** x Φ(x) with the normal distribution function Φ. */
    GELU("gelu") {
        @Override
        NDArray apply(NDArray x) {
            return Activation.gelu(x);
        }
    },

    /**
     * The hyperbolic tangent's approximation of GELU, ½x(1 + tanh(√(2/π)(x + 0.044715x³))),
     * computed as x σ(2√(2/π)(x + 0.044715x³)), which keeps fewer arrays for backward, where the
     * engine has no operation of its own for it.
     */
    GELU_NEW("gelu_new") {
        @Override
        NDArray apply(NDArray x) {
            return FusedActivation.isAvailable(x.getManager())
                    ? FusedActivation.geluTanh(x)
                    : plain(x);
        }

        private NDArray plain(NDArray x) {
            try (NDArray square = x.square();
                    NDArray cubic = Scaling.times(square, SLOPE * 0.044715);
                    NDArray factor = cubic.add(SLOPE);
                    NDArray argument = x.mul(factor);
                    NDArray gate = Activation.sigmoid(argument)) {
                return x.mul(gate);
            }
        }
    },

    /** The hyperbolic tangent. */
    TANH("tanh") {
        @Override
        NDArray apply(NDArray x) {
            return Activation.tanh(x);
        }
    },

    /** max(x, 0). */
    RELU("relu") {
        @Override
        NDArray apply(NDArray x) {
            return Activation.relu(x);
        }
    };

    private static final double SLOPE = 2 * Math.sqrt(2 / Math.PI);

    private final String configName;

    ActivationFunction(String configName) {
        this.configName = configName;
    }

    /**
     * Finds an activation function.
     *
     * @param name the name in config.json
     * @return the function
     * @throws IllegalArgumentException if it is not implemented
     */
    @JsonCreator
    public static ActivationFunction of(String name) {
        List<ActivationFunction> all = Arrays.asList(values());
        return all.stream()
                .filter(function -> function.configName.equals(name))
                .findFirst()
                .orElseThrow(() -> Arguments.rejected("the activation", "one of " + all, name));
    }

    abstract NDArray apply(NDArray x);

    @JsonValue
    @Override
    public String toString() {
        return configName;
    }
}
