package dev.tram.examples.report;

import dev.tram.examples.experiment.Grid;
import java.util.Set;

/** How the paper's tables group their rows, in this order. */
enum MethodGroup {
    /** The model before fine-tuning. */
    UNTRAINED,
    /** Optimizers, sharpness-aware ones included. */
    OPTIMIZERS,
    /** Penalties on the distance in distribution. */
    TRUST_REGIONS,
    /** Optimizers and penalties together. */
    COMBINATIONS,
    /** TRAM's variants. */
    TRAM;

    private static final Set<String> PENALTIES = Set.of("trpo", "r3f", "mesa");

    /** Returns a method's group. */
    static MethodGroup of(String method) {
        if (method.equals(Grid.ZERO_SHOT)) {
            return UNTRAINED;
        }
        if (method.startsWith("tram")) {
            return TRAM;
        }
        if (method.contains("+")) {
            return COMBINATIONS;
        }
        return PENALTIES.contains(method) ? TRUST_REGIONS : OPTIMIZERS;
    }

    /** Whether its methods are what TRAM is compared with. */
    boolean isBaseline() {
        return this != UNTRAINED && this != TRAM;
    }
}
