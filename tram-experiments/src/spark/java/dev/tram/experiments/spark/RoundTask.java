package dev.tram.experiments.spark;

import dev.tram.experiments.LocalTrainer;
import dev.tram.experiments.LocalTraining;
import dev.tram.experiments.StateBytes;
import dev.tram.experiments.WorkerBatches;
import dev.tram.experiments.WorkerRound;
import java.io.IOException;
import java.util.Optional;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/**
 * Takes a worker's steps of a round. A process keeps its model for the next round, and has one
 * training at a time.
 */
record RoundTask(
        String run,
        LocalTraining training,
        long seed,
        int workers,
        Broadcast<byte[]> from,
        int done,
        int last)
        implements Function<Integer, WorkerRound> {

    private static String openRun;
    private static LocalTrainer open;

    /** Tasks of one process take turns, as they share the engine's random numbers. */
    @Override
    public WorkerRound call(Integer worker) throws IOException {
        WorkerBatches batches = new WorkerBatches(worker, workers);
        byte[] state = from.value();
        synchronized (RoundTask.class) {
            LocalTrainer trainer = trainer();
            return state.length == 0
                    ? trainer.round(batches, Optional.empty(), done, last)
                    : StateBytes.inFile(
                            state, file -> trainer.round(batches, Optional.of(file), done, last));
        }
    }

    private LocalTrainer trainer() throws IOException {
        if (!run.equals(openRun)) {
            if (open != null) {
                open.close();
            }
            open = new LocalTrainer(training, seed);
            openRun = run;
        }
        return open;
    }

    /** Closes a training's model in this process. */
    static void close(String run) throws IOException {
        synchronized (RoundTask.class) {
            if (run.equals(openRun)) {
                open.close();
                open = null;
                openRun = null;
            }
        }
    }
}
