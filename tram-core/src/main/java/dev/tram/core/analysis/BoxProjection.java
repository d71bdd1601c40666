package dev.tram.core.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import dev.tram.core.internal.Arguments;

/**
 * The projection onto the box C_ε = {z : |z_i| ≤ ε (|x_i| + 1)} around parameters x (Eq. 11, with A
 * the identity; Keskar et al. 2017).
 *
 * @param epsilon ε, finite and positive
 */
public record BoxProjection(float epsilon) {

    private static final NDIndex ALL = new NDIndex("...");

    /** Validates ε. */
    public BoxProjection {
        Arguments.positive("epsilon", epsilon);
    }

    /**
     * Moves a displacement to the nearest point of the box, element by element.
     *
     * @param x the parameters at the box's centre
     * @param z the displacement, changed in place; parallel to x, in float32 or better
     * @throws IllegalArgumentException if the lists differ in size
     */
    public void project(NDList x, NDList z) {
        if (z.size() != x.size()) {
            throw Arguments.rejected("z", "as many as the " + x.size() + " parameters", z.size());
        }
        for (int i = 0; i < x.size(); i++) {
            try (NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                NDArray displacement = z.get(i);
                NDArray bound =
                        x.get(i)
                                .toType(displacement.getDataType(), false)
                                .abs()
                                .add(1f)
                                .mul(epsilon);
                displacement.set(ALL, displacement.maximum(bound.neg()).minimum(bound));
            }
        }
    }
}
