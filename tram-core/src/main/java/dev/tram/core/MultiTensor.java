package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;

/**
 * Operations on parallel lists of arrays: the i-th array of each list has the same shape and
 * device.
 *
 * <p>Norms are over all arrays of a list together, accumulated in float32 or better in the list's
 * order. Nothing is read by the host: results are scalar or small arrays owned by the given
 * manager. Methods that change arrays do so in place; the caller makes sure that this thread
 * records no gradient. Implementations may fuse the loops; {@link #portable()} works on every
 * engine.
 */
public interface MultiTensor {

    /**
     * Returns the implementation by plain array operations.
     *
     * @return the portable implementation
     */
    static MultiTensor portable() {
        return PortableMultiTensor.INSTANCE;
    }

    /**
     * Copies arrays, converting the data type where it differs.
     *
     * @param source the arrays to read
     * @param target the arrays to overwrite
     */
    void copy(NDList source, NDList target);

    /**
     * Overwrites arrays with 0, whatever they held (NaN included).
     *
     * @param arrays the arrays
     */
    void zero(NDList arrays);

    /**
     * Multiplies arrays by a constant.
     *
     * @param arrays the arrays
     * @param factor the constant
     */
    void scale(NDList arrays, double factor);

    /**
     * target ← target + factor · source.
     *
     * @param target the arrays to change
     * @param source the arrays to add
     * @param factor the constant
     */
    void addScaled(NDList target, NDList source, double factor);

    /**
     * average ← decay · average + (1 − decay) · source.
     *
     * @param average the moving averages to change
     * @param source the current values
     * @param decay the decay β
     */
    void average(NDList average, NDList source, double decay);

    /**
     * Returns Σ‖a‖², the squared global norm.
     *
     * @param arrays the arrays
     * @param manager the owner of the result
     * @return a scalar, float32, or float64 for float64 arrays
     */
    NDArray squaredNorm(NDList arrays, NDManager manager);

    /**
     * Returns Σ‖a − b‖².
     *
     * @param a the first arrays
     * @param b the second arrays
     * @param manager the owner of the result
     * @return a scalar, float32, or float64 for float64 arrays
     */
    NDArray squaredDistance(NDList a, NDList b, NDManager manager);

    /**
     * Returns Σ⟨a, b⟩.
     *
     * @param a the first arrays
     * @param b the second arrays
     * @param manager the owner of the result
     * @return a scalar, float32, or float64 for float64 arrays
     */
    default NDArray dot(NDList a, NDList b, NDManager manager) {
        return portable().dot(a, b, manager);
    }

    /**
     * Exchanges the values of two lists, with the memory of one array more.
     *
     * @param a the first arrays
     * @param b the second arrays
     */
    default void swap(NDList a, NDList b) {
        for (int i = 0; i < a.size(); i++) {
            NDList first = new NDList(a.get(i));
            NDList second = new NDList(b.get(i));
            try (NDArray kept = a.get(i).duplicate()) {
                copy(second, first);
                copy(new NDList(kept), second);
            }
        }
    }

    /**
     * Returns what fixes the length of ε*: vᵀv, vᵀDv and (Dv)ᵀ(Dv), with D of the neighborhood.
     *
     * @param neighborhood the shape of the ball
     * @param arrays the parameters and directions
     * @param manager the owner of the result
     * @return an array of shape (3), float32, or float64 for float64 arrays
     */
    NDArray ascentMoments(Neighborhood neighborhood, AscentArrays arrays, NDManager manager);

    /**
     * θ ← θ + scale · D v.
     *
     * @param neighborhood the shape of the ball
     * @param arrays the parameters, changed in place, and the directions
     * @param scale r / (√(vᵀDv) + δ)
     */
    void ascend(Neighborhood neighborhood, AscentArrays arrays, double scale);

    /**
     * saved ← θ and θ ← θ + scale · D v. An implementation may do both in one pass over the arrays.
     * Where it fails, θ is as it was.
     *
     * @param neighborhood the shape of the ball
     * @param arrays the parameters, changed in place, and the directions
     * @param scale r / (√(vᵀDv) + δ)
     * @param saved the arrays to overwrite with the parameters as they were
     * @throws IllegalArgumentException if {@code saved} is not parallel to the parameters
     */
    default void ascend(
            Neighborhood neighborhood, AscentArrays arrays, double scale, NDList saved) {
        arrays.checkParallel("saved", saved);
        copy(arrays.parameters(), saved);
        try {
            ascend(neighborhood, arrays, scale);
        } catch (RuntimeException | Error e) {
            copy(saved, arrays.parameters());
            throw e;
        }
    }
}
