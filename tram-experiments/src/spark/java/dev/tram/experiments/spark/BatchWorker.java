package dev.tram.experiments.spark;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import dev.tram.djl.TramOptimizer;
import dev.tram.experiments.LocalTraining;
import dev.tram.experiments.Share;
import dev.tram.experiments.StepRecord;
import java.io.IOException;
import java.util.List;

/** A user's worker, whose updates are DJL's of a batch each. */
final class BatchWorker implements LocalTraining.Worker {

    private final SparkLocalSgd.Worker worker;

    BatchWorker(SparkLocalSgd.Worker worker) {
        this.worker = worker;
    }

    @Override
    public TramOptimizer optimizer() {
        return worker.optimizer();
    }

    @Override
    public Engine engine() {
        return worker.trainer().getManager().getEngine();
    }

    @Override
    public StepRecord step(Share share, int step) throws IOException {
        long begin = System.nanoTime();
        Trainer trainer = worker.trainer();
        try (NDManager scope = trainer.getManager().newSubManager();
                Batch batch = worker.batch(share.batch(step), scope)) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
        }
        double milliseconds = (System.nanoTime() - begin) / 1e6;
        return StepRecord.of(
                step, List.of(worker.optimizer().lastStep()), List.of(), Double.NaN, milliseconds);
    }

    @Override
    public void close() throws IOException {
        worker.close();
    }
}
