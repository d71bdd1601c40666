package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import dev.tram.djl.internal.engine.Replica;

/** p(·|x, θ_{t−1}), of the parameters before the latest update (Eq. 4). */
final class PreviousStepTarget implements RegionTarget {

    /** Holds θ_{t−1}; restores θ after an ascent, too, where each batch ends in an update. */
    static final String BUFFER = "previous";

    private final PassRunner runner;
    private boolean differs;

    PreviousStepTarget(PassRunner runner) {
        this.runner = runner;
    }

    @Override
    public NDArray logits(BatchPart part, Call call, boolean training) {
        return runner.targetLogits(part, call, part.replica().buffer(BUFFER), training);
    }

    @Override
    public boolean isModelItself() {
        return !differs;
    }

    @Override
    public void beforeBatch(Replica replica) {
        replica.buffer(BUFFER);
    }

    @Override
    public void beforeUpdate(Replica replica, boolean saved) {
        if (!saved) {
            replica.remember(BUFFER);
        }
        // What is frozen does not move in this update.
        replica.buffer(BUFFER).forgetFrozen();
    }

    @Override
    public void updated() {
        differs = true;
    }

    /** After a step whose ascent overwrote the buffer with θ and that made no update. */
    void overwritten() {
        differs = false;
    }

    boolean differs() {
        return differs;
    }

    void resume(boolean value) {
        differs = value;
    }
}
