package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import dev.tram.djl.internal.engine.Replica;

/**
 * The distribution that a trust region compares with: where its logits come from, and its state.
 */
interface RegionTarget {

    /**
     * Returns the target's logits without gradient, owned by the manager of the call's data.
     *
     * @param part the part of the batch
     * @param call a run of the model, on the whole part or its first rows
     * @param training whether dropout is on
     */
    NDArray logits(BatchPart part, Call call, boolean training);

    /** Whether the target is still the model itself, so that d is 0 without a pass. */
    default boolean isModelItself() {
        return false;
    }

    /**
     * Looks at a batch before any step was taken.
     *
     * @throws IllegalStateException if the model cannot be compared with this target later
     */
    default void check(BatchPart part) {}

    /** Takes what is needed of θ before a replica's first pass. */
    default void beforeBatch(Replica replica) {}

    /**
     * Takes what is needed of θ before an update.
     *
     * @param saved whether the ascent left θ in {@link PreviousStepTarget#BUFFER}
     */
    default void beforeUpdate(Replica replica, boolean saved) {}

    /** Follows a replica's update. */
    default void afterUpdate(Replica replica) {}

    /** Takes note of the end of an epoch. */
    default void epochDone() {}

    /** Takes note that an update was made. */
    default void updated() {}
}
