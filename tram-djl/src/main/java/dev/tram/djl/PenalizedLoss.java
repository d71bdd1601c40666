package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import dev.tram.djl.internal.DelegatingLoss;

/** L + λd in a training pass, L everywhere else. */
final class PenalizedLoss extends DelegatingLoss {

    private final TrustRegionPenalty penalty;

    PenalizedLoss(TrustRegionPenalty penalty, Loss taskLoss) {
        super(taskLoss);
        this.penalty = penalty;
    }

    TrustRegionPenalty penalty() {
        return penalty;
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return penalty.apply(taskLoss().evaluate(labels, predictions), labels, predictions);
    }
}
