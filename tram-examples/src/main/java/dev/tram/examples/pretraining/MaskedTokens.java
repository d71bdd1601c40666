package dev.tram.examples.pretraining;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.training.loss.Loss;

/**
 * The loss of a masked language model: the mean over the masked positions of −log p(token). Labels
 * are token ids (B, T), negative where nothing is masked; predictions are logits (B, T, V).
 */
final class MaskedTokens extends Loss {

    /** The label of a position that is not masked. */
    static final long NONE = -1;

    MaskedTokens() {
        super("MaskedTokens");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        NDArray logits = predictions.singletonOrThrow();
        NDArray tokens = labels.singletonOrThrow().flatten();
        NDIndex masked = new NDIndex("{}", tokens.gte(0).nonzero().flatten());
        NDArray rows = logits.reshape(-1, logits.getShape().get(2)).get(masked).logSoftmax(-1);
        return rows.gather(tokens.get(masked).expandDims(1), 1).neg().mean();
    }
}
