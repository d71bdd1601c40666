package dev.tram.experiments.statistics;

import java.util.Set;

/** How the paper's tables group their rows, in this order. */
public enum MethodGroup {
    /** The model before fine-tuning. */
    UNTRAINED,
    /** Optimizers, sharpness-aware ones included. */
    OPTIMIZERS,
    /** Penalties on the distance in distribution. */
    TRUST_REGIONS,
    /** Optimizers and penalties together. */
    COMBINATIONS,
    TRAM;

    /** The name of the row of the model before fine-tuning. */
    public static final String ZERO_SHOT = "zero-shot";

    private static final Set<String> PENALTIES = Set.of("trpo", "r3f", "mesa");

    /**
     * Returns a method's group.
     *
     * @param method the method's name, perhaps with settings behind an @
     */
    public static MethodGroup of(String method) {
        String name = methodOf(method);
        if (name.equals(ZERO_SHOT)) {
            return UNTRAINED;
        }
        if (name.startsWith("tram")) {
            return TRAM;
        }
        if (name.contains("+")) {
            return COMBINATIONS;
        }
        return PENALTIES.contains(name) ? TRUST_REGIONS : OPTIMIZERS;
    }

    /**
     * Returns a method's name without settings.
     *
     * @param variant the method's name, perhaps with settings behind an @
     * @return what stands before them
     */
    public static String methodOf(String variant) {
        return variant.split("@", 2)[0];
    }

    /** Returns whether its methods are what TRAM is compared with. */
    public boolean isBaseline() {
        return this != UNTRAINED && this != TRAM;
    }
}
