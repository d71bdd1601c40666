package dev.tram.examples.bench;

/** The parts of a step; what is left is losses and reading numbers. */
enum Phase {
    /** Forward passes with gradient. */
    FORWARD,
    BACKWARD,
    /** d: its forward passes and the divergence. */
    DISTANCE,
    /** The gradient's moments, the copy of θ and θ + ε*. */
    ASCENT,
    /** θ again. */
    RESTORE,
    BASE_STEP,
    OTHER
}
