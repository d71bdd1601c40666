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

    private static final String ENGINE = "PyTorch";

    /**
     * Returns the kernels for a manager's engine: those that {@value #PROPERTY} names, otherwise
     * the fused ones on PyTorch and the portable ones elsewhere.
     *
     * @param manager a manager of the engine
     * @return the kernels
     * @throws IllegalArgumentException if the property holds another word
     * @throws IllegalStateException if the fused kernels are asked for on another engine
     */
    public static Kernels of(NDManager manager) {
        String engine = manager.getEngine().getEngineName();
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
