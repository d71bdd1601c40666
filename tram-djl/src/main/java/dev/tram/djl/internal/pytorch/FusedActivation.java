package dev.tram.djl.internal.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.pytorch.Kernels;

/** Activation functions that DJL lacks, as one operation with gradient on PyTorch. */
public final class FusedActivation {

    private FusedActivation() {}

    /**
     * Returns whether the functions run on an engine: on PyTorch, unless {@link Kernels#of} selects
     * the portable kernels.
     *
     * @param manager a manager of the engine
     * @return whether arrays of the engine can be given to the functions
     * @throws IllegalArgumentException if the property {@value Kernels#PROPERTY} holds another word
     * @throws IllegalStateException if the fused kernels are asked for on another engine
     */
    public static boolean isAvailable(NDManager manager) {
        return Kernels.of(manager) == Kernels.FUSED;
    }

    /**
     * GELU by the hyperbolic tangent's approximation, ½x(1 + tanh(√(2/π)(x + 0.044715x³))).
     *
     * @param x the array, of any shape
     * @return a new array of that shape, owned by the array's manager
     */
    public static NDArray geluTanh(NDArray x) {
        ScriptModule module = ScriptModule.of("activation", x.getDevice());
        NDArray unnamed = x.getName() == null ? x : x.reshape(x.getShape());
        return module.differentiate(new NDList(unnamed));
    }
}
