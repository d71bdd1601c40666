package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import dev.tram.djl.internal.engine.Replica;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** p(·|x, θ_0), of the parameters at the first batch. */
final class PretrainedTarget implements RegionTarget {

    private static final String BUFFER = "pretrained";

    private final PassRunner runner;
    private final UpdateFlag flag;
    private final EvaluationMode mode;
    private final Optional<Long> cacheBytes;
    private final Map<Replica, PretrainedLogits> caches = new HashMap<>();

    PretrainedTarget(
            PassRunner runner, UpdateFlag flag, EvaluationMode mode, Optional<Long> cacheBytes) {
        this.runner = runner;
        this.flag = flag;
        this.mode = mode;
        this.cacheBytes = cacheBytes;
    }

    @Override
    public NDArray logits(BatchPart part, Call call, boolean training) {
        if (cacheBytes.isEmpty()) {
            return runner.targetLogits(part, call, part.replica().buffer(BUFFER), training);
        }
        if (training && !mode.equalsTraining(part, call, () -> runner.estimate(part, call))) {
            throw new IllegalStateException(
                    "optPretrainedCache needs a model without dropout, or optReplayDropout(false):"
                            + " under replayed masks the pretrained outputs differ from step to"
                            + " step, received: a model whose training and evaluation modes"
                            + " differ");
        }
        return caches.computeIfAbsent(part.replica(), this::cache)
                .logits(part, call, part.replica().buffer(BUFFER), training);
    }

    private PretrainedLogits cache(Replica replica) {
        return new PretrainedLogits(runner, replica.manager(), cacheBytes.orElseThrow());
    }

    @Override
    public boolean isModelItself() {
        return !flag.isSet();
    }

    @Override
    public void beforeBatch(Replica replica) {
        replica.buffer(BUFFER);
    }
}
