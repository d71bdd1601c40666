package dev.tram.examples.pretraining;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/**
 * The loss of a masked language model: the mean over the masked positions of −log p(token), of all
 * positions' logits, so that no device has to say how many are masked. Labels are token ids (B, T),
 * negative where nothing is masked; predictions are logits (B, T, V). 0 where no position is
 * masked.
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
        NDArray none = tokens.zerosLike();
        NDArray masked = tokens.gte(none);
        NDArray rows = logits.reshape(-1, logits.getShape().get(2)).logSoftmax(-1);
        NDArray chosen = rows.gather(tokens.maximum(none).expandDims(1), 1).flatten();
        NDArray total = NDArrays.where(masked, chosen, chosen.zerosLike()).sum();
        NDArray count = masked.toType(chosen.getDataType(), false).sum();
        return total.div(count.maximum(count.onesLike())).neg();
    }
}
