package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import dev.tram.djl.internal.engine.Replica;
import dev.tram.djl.internal.engine.ThetaBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * p(·|x, θ_0), of the parameters at the first batch, or of an adapted block without its adapters.
 */
final class PretrainedTarget implements RegionTarget {

    private static final String BUFFER = "pretrained";

    /** Of no parameter: where adapters are off, the live ones are θ_0. */
    private static final ThetaBuffer NONE = new ThetaBuffer(null, ThetaBuffer.Content.WEIGHTS);

    private final PassRunner runner;
    private final UpdateFlag flag;
    private final EvaluationMode mode;
    private final Optional<Long> cacheBytes;
    private final Optional<AdaptedBlock> adapted;
    private final Map<Replica, PretrainedCache> caches = new HashMap<>();

    PretrainedTarget(
            PassRunner runner, UpdateFlag flag, EvaluationMode mode, Optional<Long> cacheBytes) {
        this.runner = runner;
        this.flag = flag;
        this.mode = mode;
        this.cacheBytes = cacheBytes;
        adapted = AdaptedBlock.adapted(runner.block());
    }

    @Override
    public NDArray logits(BatchPart part, Call call, boolean training) {
        if (training) {
            checkModes(part, call);
        }
        if (adapted.isEmpty()) {
            return logits(part, call, part.replica().buffer(BUFFER), training);
        }
        try (AdaptedBlock.Scope off = adapted.get().withoutAdapters()) {
            return logits(part, call, NONE, training);
        }
    }

    @Override
    public void check(BatchPart part) {
        if (isModelItself() && runner.comparesInTraining()) {
            part.calls().forEach(call -> checkModes(part, call));
        }
    }

    private void checkModes(BatchPart part, Call call) {
        if (cacheBytes.isPresent()
                && !mode.equalsTraining(part, call, () -> runner.estimate(part, call))) {
            throw new IllegalStateException(
                    "optPretrainedCache needs a model without dropout, or optReplayDropout(false):"
                            + " under replayed masks the pretrained outputs differ from step to"
                            + " step, received: a model whose training and evaluation modes"
                            + " differ");
        }
    }

    private NDArray logits(BatchPart part, Call call, ThetaBuffer pretrained, boolean training) {
        return cacheBytes.isEmpty()
                ? runner.targetLogits(part, call, pretrained, training)
                : caches.computeIfAbsent(part.replica(), this::cache)
                        .logits(part, call, pretrained, training);
    }

    private PretrainedCache cache(Replica replica) {
        return new PretrainedCache(runner, replica.manager(), cacheBytes.orElseThrow());
    }

    @Override
    public void epochDone() {
        caches.values().forEach(PretrainedCache::epochDone);
    }

    @Override
    public boolean isModelItself() {
        return adapted.isEmpty() && !flag.isSet();
    }

    @Override
    public void beforeBatch(Replica replica) {
        buffer().ifPresent(replica::buffer);
    }

    /** The buffer of θ_0; none where adapters are off for it. */
    Optional<String> buffer() {
        return adapted.isEmpty() ? Optional.of(BUFFER) : Optional.empty();
    }
}
