package dev.tram.djl.pytorch;

import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which implementation runs the operations over lists of arrays. */
public enum Kernels {
    /** Plain array operations, on any engine. */
    PORTABLE,

    /** One compiled call per operation, on PyTorch. */
    FUSED;

    /** The system property that selects the kernels: {@code portable} or {@code fused}. */
    public static final String PROPERTY = "dev.tram.kernels";

    /** DJL's system property for a CUDA stream per thread. */
    public static final String STREAMS = "ai.djl.pytorch.enable_cuda_stream";

    private static final String ENGINE = "PyTorch";

    /**
     * Returns the kernels for a manager's engine: those that {@value #PROPERTY} names, otherwise
     * the fused ones on PyTorch and the portable ones elsewhere.
     *
     * @param manager a manager of the engine
     * @return the kernels
     * @throws IllegalArgumentException if the property holds another word
     * @throws IllegalStateException if the fused kernels are asked for on another engine, or run on
     *     a GPU where {@value #STREAMS} is true
     */
    public static Kernels of(NDManager manager) {
        Kernels kernels = selected(manager.getEngine().getEngineName());
        if (kernels == FUSED && manager.getDevice().isGpu() && Boolean.getBoolean(STREAMS)) {
            throw new IllegalStateException(
                    STREAMS
                            + " must be false on a GPU, or "
                            + PROPERTY
                            + " portable: in a stream of their own, kernels that work in place do"
                            + " not wait for what they change, received: true");
        }
        return kernels;
    }

    private static Kernels selected(String engine) {
        boolean pyTorch = ENGINE.equals(engine);
        String selected = System.getProperty(PROPERTY);
        if (selected == null) {
            return pyTorch ? FUSED : PORTABLE;
        }
        Kernels kernels = parse(selected);
        if (kernels == FUSED && !pyTorch) {
            throw new IllegalStateException(
                    PROPERTY + "=fused needs the PyTorch engine, received: " + engine);
        }
        return kernels;
    }

    private static Kernels parse(String selected) {
        return Arrays.stream(values())
                .filter(kernels -> kernels.word().equals(selected))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        PROPERTY
                                                + " must be one of "
                                                + Arrays.stream(values())
                                                        .map(Kernels::word)
                                                        .collect(Collectors.joining(", "))
                                                + ", received: "
                                                + selected));
    }

    private String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
