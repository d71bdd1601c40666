package dev.tram.experiments;

import ai.djl.Model;
import ai.djl.engine.Engine;
import dev.tram.djl.TramOptimizer;
import java.io.Closeable;
import java.io.IOException;

/** A worker of a run of a task. */
final class TaskWorker implements LocalTraining.Worker {

    private final Closeable also;
    private final boolean isReusable;
    private final Model model;
    private final Updates updates;

    /** Opens it; closes something else with it. */
    TaskWorker(Task task, ExperimentConfig config, RunKey key, Closeable also) throws IOException {
        this.also = also;
        Task own = task.ofRun(key.seed(), false);
        // Rows of earlier batches may differ from those of a worker who computes them in its last
        // bits.
        isReusable = !config.settings().method(key.method()).cachesPretrained();
        model = TrainedWeights.open(own, config, key);
        try {
            updates = new Updates(own, config, key, model);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    @Override
    public TramOptimizer optimizer() {
        return updates.optimizer();
    }

    @Override
    public Engine engine() {
        return model.getNDManager().getEngine();
    }

    @Override
    public StepRecord step(WorkerBatches batches, int step) {
        return updates.step(batches, step);
    }

    @Override
    public boolean isReusable() {
        return isReusable;
    }

    @Override
    public void close() throws IOException {
        updates.close();
        model.close();
        also.close();
    }
}
