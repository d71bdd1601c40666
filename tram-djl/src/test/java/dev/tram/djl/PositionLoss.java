package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/** Cross-entropy, the mean over all positions whose label is at least 0. */
public final class PositionLoss extends Loss {

    public PositionLoss() {
        super("PositionLoss");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        NDArray logits = predictions.head();
        long classes = logits.getShape().get(logits.getShape().dimension() - 1);
        NDArray label = labels.head().reshape(-1);
        NDArray valid = valid(labels).reshape(-1).toType(logits.getDataType(), false);
        NDArray chosen = label.maximum(0).oneHot((int) classes).toType(logits.getDataType(), false);
        NDArray logProbability =
                logits.reshape(-1, classes).logSoftmax(-1).mul(chosen).sum(new int[] {-1});
        return logProbability.mul(valid).sum().neg().div(valid.sum().maximum(1));
    }

    /** 1 where a position counts. */
    public static NDArray valid(NDList labels) {
        return labels.head().gte(0);
    }
}
