package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.DelegatingLoss;

/**
 * The task loss as an optimizer's sessions see it: L + λd in training passes, L everywhere else.
 * Its value in a first pass is kept, so that it need not be computed again.
 */
final class TramLoss extends DelegatingLoss {

    private final Sessions sessions;

    TramLoss(Loss taskLoss, Sessions sessions) {
        super(taskLoss);
        this.sessions = sessions;
    }

    private NDArray task(NDList labels, NDList predictions) {
        NDArray loss = taskLoss().evaluate(labels, predictions);
        if (loss == null) {
            throw Arguments.rejected(
                    "value of the loss " + taskLoss().getName(), "a scalar array", "null");
        }
        return loss;
    }

    /** Whether this is the loss of the optimizer with some settings. */
    @SuppressWarnings("ReferenceEquality") // Two optimizers may be set alike.
    boolean isOf(TramSettings settings) {
        return sessions.settings() == settings;
    }

    boolean hasPenalty() {
        return sessions.settings().penalty().isPresent();
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return sessions.evaluateLoss(predictions, () -> task(labels, predictions));
    }
}
