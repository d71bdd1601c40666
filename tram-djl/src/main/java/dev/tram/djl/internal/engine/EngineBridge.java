package dev.tram.djl.internal.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;

/** What the two-pass step needs of an engine beyond DJL's own interface. */
public interface EngineBridge {

    /** Stops this thread from recording gradients until the scope is closed. */
    Scope noGradient();

    /** Seeds the engine's generator; on PyTorch without touching Java-side randomness. */
    void seed(long seed);

    /** Makes sure that each weight's gradient array exists, so that a handle on it can be kept. */
    void defineGradients(NDList weights);

    /**
     * Exchanges the values of arrays of one type. Graphs that were recorded over them before stay
     * good once the values are back.
     */
    void exchange(NDList a, NDList b);

    /** Whether this thread records gradients, and no backward pass can begin at an array. */
    boolean isConstant(NDArray array);

    /** Whether a block reads its own weights rather than those of the ParameterStore. */
    boolean ownsWeights(Block block);

    /** A scope that ends without exception. */
    @FunctionalInterface
    interface Scope extends AutoCloseable {

        @Override
        void close();
    }
}
