package dev.tram.core;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The parallel lists that an ascent works on, in one fixed order.
 *
 * @param parameters θ
 * @param directions v
 * @param fisherGradients the gradients whose square is f; the same list as {@code directions}
 *     unless v is not g, or f is taken at x + z
 * @param preconditioner the base Adam's second moments, where the neighborhood reads them and there
 *     are any
 * @param weights for each parameter, whether it is a weight rather than a bias or shift
 */
public record AscentArrays(
        NDList parameters,
        NDList directions,
        NDList fisherGradients,
        Optional<Preconditioner> preconditioner,
        List<Boolean> weights) {

    /**
     * √v̂ + ε in its parts.
     *
     * @param secondMoments v, parallel to the parameters
     * @param correction 1 − β2ᵗ, by which v is divided
     * @param epsilon ε, finite and at least 0
     */
    public record Preconditioner(NDList secondMoments, double correction, float epsilon) {}

    /** Checks that the lists are parallel. */
    public AscentArrays {
        checkSize("weights", weights.size(), parameters.size());
        checkParallel("directions", directions, parameters);
        checkParallel("fisherGradients", fisherGradients, parameters);
        Objects.requireNonNull(preconditioner, "preconditioner");
        if (preconditioner.isPresent()) {
            checkParallel("secondMoments", preconditioner.get().secondMoments(), parameters);
        }
        weights = List.copyOf(weights);
    }

    /**
     * The arrays of an ascent along g with f = g².
     *
     * @param parameters θ
     * @param gradients g
     * @param weights for each parameter, whether it is a weight
     * @return the arrays
     */
    public static AscentArrays of(NDList parameters, NDList gradients, List<Boolean> weights) {
        return new AscentArrays(parameters, gradients, gradients, Optional.empty(), weights);
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
