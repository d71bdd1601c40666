package dev.tram.djl.internal.pytorch;

import ai.djl.ndarray.NDManager;
import dev.tram.core.MultiTensor;
import dev.tram.djl.pytorch.Kernels;

/** The operations on parallel lists of arrays for an engine. */
public final class MultiTensors {

    private MultiTensors() {}

    /**
     * Returns the operations for a manager's engine, as {@link Kernels#of} selects them. Nothing of
     * PyTorch is loaded unless it is the engine.
     *
     * @param manager a manager of the engine
     * @return the operations, for arrays on any of the engine's devices and for any thread
     * @throws IllegalArgumentException if the property {@value Kernels#PROPERTY} holds another word
     * @throws IllegalStateException if the fused kernels are asked for on another engine
     */
    public static MultiTensor forEngine(NDManager manager) {
        return switch (Kernels.of(manager)) {
            case PORTABLE -> MultiTensor.portable();
            case FUSED -> FusedMultiTensor.INSTANCE;
        };
    }
}
