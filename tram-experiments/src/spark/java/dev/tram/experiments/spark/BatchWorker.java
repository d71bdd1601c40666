package dev.tram.experiments.spark;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import dev.tram.djl.Method;
import dev.tram.djl.TramOptimizer;
import dev.tram.experiments.LocalTraining;
import dev.tram.experiments.StepRecord;
import dev.tram.experiments.WorkerBatches;
import java.io.IOException;

/** A user's worker, whose updates are DJL's of a batch each. */
record BatchWorker(SparkLocalSgd.Worker worker) implements LocalTraining.Worker {

    private static final Method.Passes NOT_COUNTED = new Method.Passes(0, 0);

    @Override
    public TramOptimizer optimizer() {
        return worker.optimizer();
    }

    @Override
    public Engine engine() {
        return worker.trainer().getManager().getEngine();
    }

    @Override
    public StepRecord step(WorkerBatches batches, int step) throws IOException {
        long begin = System.nanoTime();
        Trainer trainer = worker.trainer();
        try (NDManager scope = trainer.getManager().newSubManager();
                Batch batch = worker.batch(batches.batch(step), scope)) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
        }
        double milliseconds = (System.nanoTime() - begin) / 1e6;
        return StepRecord.of(
                step, worker.optimizer().lastStep(), NOT_COUNTED, Double.NaN, milliseconds);
    }

    @Override
    public void close() throws IOException {
        worker.close();
    }
}
