package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;

/**
 * How far an estimated predictive distribution Q is from a target P, both given as logits.
 *
 * <p>The last axis of the logits is the class axis; every other position is one distribution. A
 * divergence sums over classes and averages over distributions, never over classes. {@link
 * Divergences} holds the usual ones; a lambda is a divergence too.
 */
@FunctionalInterface
public interface Divergence {

    /**
     * Returns the mean divergence over all distributions.
     *
     * @param targetLogits the logits of P, of shape (…, classes)
     * @param estimateLogits the logits of Q, of the same shape
     * @return a scalar array, at least 0, attached to the manager of {@code estimateLogits}
     * @throws IllegalArgumentException if the shapes differ
     */
    NDArray between(NDArray targetLogits, NDArray estimateLogits);

    /**
     * Returns the mean divergence over the valid distributions, 0 if there is none.
     *
     * <p>This one gives the valid distributions to {@link #between(NDArray, NDArray)} as rows of
     * shape (rows, classes): the host waits for a GPU to say how many there are. A divergence with
     * one value per distribution overrides it by a masked mean.
     *
     * @param targetLogits the logits of P, of shape (…, classes)
     * @param estimateLogits the logits of Q, of the same shape
     * @param valid 1 (or true) where a position counts and 0 where it is padding, of the logits'
     *     shape without the class axis
     * @return a scalar array, at least 0, attached to the manager of {@code estimateLogits}
     * @throws IllegalArgumentException if the shapes do not fit
     */
    default NDArray between(NDArray targetLogits, NDArray estimateLogits, NDArray valid) {
        Logits.checkPair(targetLogits, estimateLogits);
        Logits.checkValid(estimateLogits, valid);
        NDManager manager = estimateLogits.getManager();
        return Logits.scoped(
                manager,
                () -> {
                    long classes = Logits.classes(estimateLogits);
                    NDArray keep = valid.toType(DataType.BOOLEAN, false).flatten();
                    NDArray rows = keep.nonzero().flatten();
                    if (rows.isEmpty()) {
                        return manager.create(0f);
                    }
                    return between(
                            targetLogits.reshape(-1, classes).get(rows),
                            estimateLogits.reshape(-1, classes).get(rows));
                });
    }
}
