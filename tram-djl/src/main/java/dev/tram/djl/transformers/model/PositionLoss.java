package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/** Cross-entropy, mean over all positions, from logits (…, classes) and labels (…). */
public final class PositionLoss extends Loss {

    private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();

    /** Creates the loss. */
    public PositionLoss() {
        super("loss");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        NDArray logits = predictions.head();
        long classes = logits.getShape().get(logits.getShape().dimension() - 1);
        return crossEntropy.evaluate(
                new NDList(labels.head().flatten()), new NDList(logits.reshape(-1, classes)));
    }
}
