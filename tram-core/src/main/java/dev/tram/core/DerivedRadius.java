package dev.tram.core;

import java.util.Optional;

/** A radius made from another one; it answers as the other does unless it overrides a method. */
interface DerivedRadius extends Radius {

    /** {@return the other one} */
    Radius radius();

    @Override
    default Optional<TrustRegion> trustRegion() {
        return radius().trustRegion();
    }

    @Override
    default boolean isZero() {
        return radius().isZero();
    }

    @Override
    default boolean isLagged() {
        return radius().isLagged();
    }

    @Override
    default boolean isBounded() {
        return radius().isBounded();
    }

    @Override
    default boolean readsGradient() {
        return radius().readsGradient();
    }

    @Override
    default boolean readsLearningRate() {
        return radius().readsLearningRate();
    }
}
