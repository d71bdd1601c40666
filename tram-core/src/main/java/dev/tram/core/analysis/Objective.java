package dev.tram.core.analysis;

import ai.djl.ndarray.NDList;
import dev.tram.core.MultiTensor;

/**
 * A loss as a function of live parameters.
 *
 * <p>An analysis changes the arrays of {@link #parameters()} in place, asks for the loss or the
 * gradient there, and restores them when it is done. An implementation over a model therefore
 * evaluates its live weights every time, keeps nothing from one call to the next, closes its own
 * intermediate arrays and any gradient collector before it returns, and runs without dropout, so
 * that equal parameters give equal losses.
 *
 * <p>An analysis runs on one thread, which must record no gradient outside the objective's own
 * methods: PyTorch refuses in-place changes of weights while it does.
 *
 * <pre>{@code
 * // ‖θ‖²/2
 * record HalfSquaredNorm(NDList parameters, MultiTensor multiTensor) implements Objective {
 *     public double loss() {
 *         try (NDManager manager = parameters.get(0).getManager().newSubManager()) {
 *             return multiTensor.squaredNorm(parameters, manager).getFloat() / 2;
 *         }
 *     }
 *
 *     public double lossAndGradient(NDList gradients) {
 *         multiTensor.copy(parameters, gradients);
 *         return loss();
 *     }
 * }
 * }</pre>
 */
public interface Objective {

    /**
     * Returns the parameters that are analysed: the live arrays, always the same ones in the same
     * order, at least one.
     *
     * @return the parameters θ
     */
    NDList parameters();

    /**
     * Returns the mean loss over the whole data at the parameters' current values.
     *
     * @return L(θ)
     */
    double loss();

    /**
     * Overwrites arrays with the gradient of {@link #loss()} at the parameters' current values.
     *
     * @param gradients arrays parallel to the parameters, of their shapes, float32 or better
     * @return L(θ)
     */
    double lossAndGradient(NDList gradients);

    /**
     * Overwrites arrays with the gradient of the next mini-batch's mean loss, for stochastic
     * methods; the data are cycled through. By default the whole data are the mini-batch.
     *
     * @param gradients arrays parallel to the parameters, of their shapes, float32 or better
     * @return the mini-batch's loss at the parameters' current values
     */
    default double batchLossAndGradient(NDList gradients) {
        return lossAndGradient(gradients);
    }

    /**
     * Returns the array operations with which an analysis moves the parameters, for instance fused
     * ones. Portable ones by default.
     *
     * @return the operations
     */
    default MultiTensor multiTensor() {
        return MultiTensor.portable();
    }
}
