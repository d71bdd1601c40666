package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/** The mean cross-entropy of the next token: labels (B, T), predictions the logits (B, T, V). */
final class NextTokenLoss extends Loss {

    NextTokenLoss() {
        super("NextTokenLoss");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return perToken(predictions.singletonOrThrow(), labels.singletonOrThrow()).mean();
    }

    /** Returns the loss of each token, (B, T). */
    static NDArray perToken(NDArray logits, NDArray labels) {
        return logits.logSoftmax(-1).gather(labels.expandDims(-1), -1).squeeze(-1).neg();
    }
}
