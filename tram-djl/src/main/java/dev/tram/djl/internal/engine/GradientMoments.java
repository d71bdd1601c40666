package dev.tram.djl.internal.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import dev.tram.core.AscentArrays;
import dev.tram.core.MultiTensor;
import dev.tram.core.Neighborhood;
import java.util.List;

/**
 * Squared norms of gradients as the host reads them. Their squares overflow float32 from about
 * 1.8e19 on: a norm that is infinite is taken again in float64, array by array, at the price of one
 * more host read.
 */
public final class GradientMoments {

    private final MultiTensor tensors;

    public GradientMoments(MultiTensor tensors) {
        this.tensors = tensors;
    }

    /**
     * gᵀg.
     *
     * @param computed its value by {@link MultiTensor#squaredNorm}
     * @param gradients g
     * @param parent the manager under which arrays are made for a while
     */
    public double squaredNorm(double computed, NDList gradients, NDManager parent) {
        if (!Double.isInfinite(computed)) {
            return computed;
        }
        return total(
                gradients.size(),
                parent,
                (i, scope) -> tensors.squaredNorm(wide(gradients, i), scope))[0];
    }

    /**
     * vᵀv, vᵀDv and (Dv)ᵀ(Dv).
     *
     * @param computed their values by {@link MultiTensor#ascentMoments}
     * @param neighborhood the shape of the ball
     * @param arrays the parameters and directions
     * @param parent the manager under which arrays are made for a while
     */
    public double[] ascent(
            double[] computed, Neighborhood neighborhood, AscentArrays arrays, NDManager parent) {
        boolean infinite = false;
        for (double value : computed) {
            infinite |= Double.isInfinite(value);
        }
        if (!infinite) {
            return computed;
        }
        return total(
                arrays.parameters().size(),
                parent,
                (i, scope) -> tensors.ascentMoments(neighborhood, wide(arrays, i), scope));
    }

    private static AscentArrays wide(AscentArrays arrays, int i) {
        return new AscentArrays(
                wide(arrays.parameters(), i),
                wide(arrays.directions(), i),
                wide(arrays.fisherGradients(), i),
                arrays.preconditioner()
                        .map(
                                p ->
                                        new AscentArrays.Preconditioner(
                                                wide(p.secondMoments(), i),
                                                p.correction(),
                                                p.epsilon())),
                List.of(arrays.weights().get(i)));
    }

    private static NDList wide(NDList arrays, int i) {
        return new NDList(arrays.get(i).toType(DataType.FLOAT64, false));
    }

    /** Adds up what is computed for each array. */
    private static double[] total(int arrays, NDManager parent, Term term) {
        try (NDManager scope = parent.newSubManager()) {
            NDList terms = new NDList(arrays);
            for (int i = 0; i < arrays; i++) {
                try (NDScope temporary = new NDScope()) {
                    temporary.suppressNotUsedWarning();
                    NDArray value = term.of(i, scope).reshape(1, -1);
                    NDScope.unregister(value);
                    value.attach(scope);
                    terms.add(value);
                }
            }
            return NDArrays.concat(terms).sum(new int[] {0}).toDoubleArray();
        }
    }

    @FunctionalInterface
    private interface Term {

        NDArray of(int array, NDManager scope);
    }
}
