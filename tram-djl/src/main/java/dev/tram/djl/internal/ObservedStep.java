package dev.tram.djl.internal;

/** What other listeners see of a training session's step: its block is one while it trains. */
public interface ObservedStep {

    /** The number of the update under way, from 1. */
    long step();

    /** Whether a batch is complete and waits for its update. */
    boolean isBatchComplete();

    /** ‖ε*‖ of the latest batch as computed, NaN if it had no ascent. */
    double perturbationNorm();
}
