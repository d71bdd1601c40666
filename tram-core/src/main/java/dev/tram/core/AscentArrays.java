package dev.tram.core;

import ai.djl.ndarray.NDList;
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
        int size = parameters.size();
        checkSize("gradients", gradients.size(), size);
        checkSize("fisherGradients", fisherGradients.size(), size);
        checkSize("weights", weights.size(), size);
        weights = List.copyOf(weights);
    }

    private static void checkSize(String name, int size, int expected) {
        if (size != expected) {
            throw Arguments.rejected(name, "as many as the " + expected + " parameters", size);
        }
    }
}
