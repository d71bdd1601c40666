package dev.tram.djl;

import ai.djl.ndarray.NDArray;

/** p(·|x + z, θ_t), the model under the step's input noise (Eq. 5). */
final class NoisyInputTarget implements RegionTarget {

    private final PassRunner runner;

    NoisyInputTarget(PassRunner runner) {
        this.runner = runner;
    }

    @Override
    public NDArray logits(BatchPart part, Call call, boolean training) {
        boolean known = part.isNoisy() && call.outputs() != null;
        return known
                ? runner.logits(call.outputs())
                : runner.liveLogits(part, call, true, training);
    }
}
