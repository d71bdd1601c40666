package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import dev.tram.djl.internal.engine.Replica;

/** p(·|x, θ̄), θ̄ ← βθ̄ + (1−β)θ after each update. */
final class MovingAverageTarget implements RegionTarget {

    private final PassRunner runner;
    private final UpdateFlag flag;
    private final float decay;
    private final String buffer;

    MovingAverageTarget(PassRunner runner, UpdateFlag flag, float decay) {
        this.runner = runner;
        this.flag = flag;
        this.decay = decay;
        buffer = "average-" + decay;
    }

    @Override
    public NDArray logits(BatchPart part, Call call, boolean training) {
        return runner.targetLogits(part, call, part.replica().buffer(buffer), training);
    }

    @Override
    public boolean isModelItself() {
        return !flag.isSet();
    }

    @Override
    public void beforeBatch(Replica replica) {
        replica.buffer(buffer);
    }

    @Override
    public void afterUpdate(Replica replica) {
        replica.average(buffer, decay);
    }
}
