package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether a model that owns its weights has running statistics that DJL does not see: its
 * outputs in evaluation mode then differ before and after the first training pass.
 */
final class HiddenState {

    private static final Logger logger = LoggerFactory.getLogger(HiddenState.class);

    private static final double TOLERANCE = 1e-6;

    private final PassRunner runner;
    private boolean checked;
    private BatchPart observed;
    private NDArray before;

    HiddenState(PassRunner runner) {
        this.runner = runner;
        checked = !runner.ownsWeights();
    }

    void beforeFirstPass(BatchPart part, Call call) {
        if (!checked && observed == null) {
            observed = part;
            before = evaluate(part, call);
        }
    }

    /** Warns if the first training pass moved anything. */
    void afterFirstPass(BatchPart part) {
        if (checked || part != observed) {
            return;
        }
        NDArray after = evaluate(part, part.calls().get(0));
        if (largest(after.sub(before)) > TOLERANCE * (1 + largest(before))) {
            logger.warn(
                    "The running statistics of the TorchScript model are out of DJL's reach: they"
                            + " move in every pass instead of once a step, are not put back when a"
                            + " step is skipped, and are not in checkpoints. Freeze its batch"
                            + " normalisation before the export: model.bn.eval() and"
                            + " track_running_stats=False, or functional.batch_norm with"
                            + " training=False.");
        }
        checked = true;
        observed = null;
        before = null;
    }

    /** The first training pass came to nothing. */
    void abandon() {
        observed = null;
        before = null;
    }

    private NDArray evaluate(BatchPart part, Call call) {
        try (NDManager scope = part.borrow(call)) {
            return part.keep(runner.evaluated(call));
        }
    }

    private static double largest(NDArray array) {
        return array.abs().max().toType(DataType.FLOAT64, false).getDouble();
    }
}
