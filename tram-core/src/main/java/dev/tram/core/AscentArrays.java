package dev.tram.core;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import java.util.List;

/**
 * The parallel lists that an ascent works on, in one fixed order.
 *
 * @param parameters θ
 * @param gradients g = ∇L(θ)
 * @param fisherGradients the gradients whose square is f; the same list as {@code gradients} unless
 *     f is taken at x + z
 * @param weights for each parameter, whether it is a weight rather than a bias or shift
 */
public record AscentArrays(
        NDList parameters, NDList gradients, NDList fisherGradients, List<Boolean> weights) {

    /** Checks that the lists are parallel. */
    public AscentArrays {
        checkSize("weights", weights.size(), parameters.size());
        checkParallel("gradients", gradients, parameters);
        checkParallel("fisherGradients", fisherGradients, parameters);
        weights = List.copyOf(weights);
    }

    /**
     * Checks that a list is parallel to the parameters.
     *
     * @param name what the message calls it
     * @param arrays the list
     * @throws IllegalArgumentException if it differs from the parameters in length or in a shape
     */
    public void checkParallel(String name, NDList arrays) {
        checkParallel(name, arrays, parameters);
    }

    private static void checkParallel(String name, NDList arrays, NDList parameters) {
        checkSize(name, arrays.size(), parameters.size());
        for (int i = 0; i < arrays.size(); i++) {
            Shape expected = parameters.get(i).getShape();
            if (!arrays.get(i).getShape().equals(expected)) {
                throw Arguments.rejected(
                        name + "[" + i + "]",
                        "of its parameter's shape " + expected,
                        arrays.get(i).getShape());
            }
        }
    }

    private static void checkSize(String name, int size, int expected) {
        if (size != expected) {
            throw Arguments.rejected(name, "as many as the " + expected + " parameters", size);
        }
    }
}
