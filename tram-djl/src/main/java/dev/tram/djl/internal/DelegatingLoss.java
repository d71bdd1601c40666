package dev.tram.djl.internal;

import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;

/** A loss that is reported as the task loss is. */
public abstract class DelegatingLoss extends Loss {

    private final Loss taskLoss;

    protected DelegatingLoss(Loss taskLoss) {
        super(taskLoss.getName());
        this.taskLoss = taskLoss;
    }

    public Loss taskLoss() {
        return taskLoss;
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
