package dev.tram.experiments;

import ai.djl.Model;
import ai.djl.engine.Engine;
import dev.tram.djl.TramOptimizer;
import java.io.Closeable;
import java.io.IOException;

/** A worker of a run of a task. */
record TaskWorker(Model model, Updates updates, boolean isReusable, Closeable also)
        implements LocalTraining.Worker {

    /** Opens it; closes something else with it. */
    static TaskWorker open(Task task, ExperimentConfig config, RunKey key, Closeable also)
            throws IOException {
        Task own = task.ofRun(key.seed(), false);
        Model model = TrainedWeights.open(own, config, key);
        try {
            // Rows of earlier batches may differ from those of a worker who computes them in its
            // last bits.
            boolean isReusable = !config.settings().method(key.method()).cachesPretrained();
            return new TaskWorker(model, new Updates(own, config, key, model), isReusable, also);
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
    public void close() throws IOException {
        updates.close();
        model.close();
        also.close();
    }
}
