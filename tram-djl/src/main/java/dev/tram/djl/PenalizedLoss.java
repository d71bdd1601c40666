package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/** L + λd in a training pass, L everywhere else. */
final class PenalizedLoss extends Loss {

    private final TrustRegionPenalty penalty;
    private final Loss taskLoss;

    PenalizedLoss(TrustRegionPenalty penalty, Loss taskLoss) {
        super(taskLoss.getName());
        this.penalty = penalty;
        this.taskLoss = taskLoss;
    }

    Loss taskLoss() {
        return taskLoss;
    }

    TrustRegionPenalty penalty() {
        return penalty;
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return penalty.apply(taskLoss.evaluate(labels, predictions), labels, predictions);
    }

    @Override
    public void addAccumulator(String key) {
        taskLoss.addAccumulator(key);
    }

    @Override
    public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
        taskLoss.updateAccumulators(keys, labels, predictions);
    }

    @Override
    public void updateAccumulator(String key, NDList labels, NDList predictions) {
        taskLoss.updateAccumulator(key, labels, predictions);
    }

    @Override
    public void resetAccumulator(String key) {
        taskLoss.resetAccumulator(key);
    }

    @Override
    public float getAccumulator(String key) {
        return taskLoss.getAccumulator(key);
    }
}
