package dev.tram.djl;

import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;

/** The listener's half of the two-pass pair: opens, drives and closes the training session. */
final class TramListener extends TrainingListenerAdapter {

    private final TramOptimizer optimizer;

    TramListener(TramOptimizer optimizer) {
        this.optimizer = optimizer;
    }

    @Override
    public void onTrainingBegin(Trainer trainer) {
        optimizer.beginSession(trainer);
    }

    @Override
    public void onTrainingBatch(Trainer trainer, BatchData batchData) {
        optimizer.session().completeBatch(batchData);
    }

    @Override
    public void onTrainingEnd(Trainer trainer) {
        optimizer.endSession(trainer);
    }
}
