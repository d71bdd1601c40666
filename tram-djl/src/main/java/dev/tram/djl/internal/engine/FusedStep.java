package dev.tram.djl.internal.engine;

import ai.djl.ndarray.NDList;

/** A base optimizer's step on all parameters at once. */
@FunctionalInterface
public interface FusedStep {

    /** Updates θ of the parameters with the given ids; the gradients stay as they are. */
    void step(String[] ids, NDList theta, NDList gradients);
}
