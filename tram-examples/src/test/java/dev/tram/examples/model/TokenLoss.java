package dev.tram.examples.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/** The cross-entropy of classes or of rows of tokens; DJL's takes tokens one by one. */
final class TokenLoss extends Loss {

    private final Loss ofOne = Loss.softmaxCrossEntropyLoss();

    TokenLoss() {
        super("loss");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        NDArray logits = predictions.singletonOrThrow();
        long classes = logits.getShape().get(logits.getShape().dimension() - 1);
        return ofOne.evaluate(
                new NDList(labels.singletonOrThrow().reshape(-1)),
                new NDList(logits.reshape(-1, classes)));
    }
}
