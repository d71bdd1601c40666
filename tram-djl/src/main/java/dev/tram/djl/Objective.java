package dev.tram.djl;

import ai.djl.ndarray.NDArray;

/**
 * One pass over a batch: runs the model, any number of times, and gives the loss to minimise, the
 * penalty left out. The step runs it where the parameters are, as often as it needs.
 */
@FunctionalInterface
interface Objective {

    /** Returns the loss, with its graph. */
    NDArray loss();
}
