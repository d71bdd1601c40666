package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import dev.tram.djl.internal.DelegatingLoss;

/**
 * The task loss as an optimizer sees it: L + λd in training passes, L everywhere else. Its value in
 * a first pass is kept, so that it need not be computed again.
 */
final class TramLoss extends DelegatingLoss {

    private final TramOptimizer optimizer;

    TramLoss(Loss taskLoss, TramOptimizer optimizer) {
        super(taskLoss);
        this.optimizer = optimizer;
    }

    /** Whether this is the loss of the optimizer with some settings. */
    @SuppressWarnings("ReferenceEquality") // Two optimizers may be set alike.
    boolean isOf(TramSettings settings) {
        return optimizer.settings() == settings;
    }

    boolean hasPenalty() {
        return optimizer.settings().penalty().isPresent();
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return optimizer.evaluateLoss(predictions, () -> taskLoss().evaluate(labels, predictions));
    }
}
