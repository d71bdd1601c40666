package dev.tram.experiments;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Takes workers' steps in this process, one worker after the other. What a round gives depends on
 * the state that it goes on from, the seed, the worker and the steps alone, so that a lost one can
 * be repeated anywhere. One model is kept in memory.
 */
public final class LocalTrainer implements Closeable {

    private final LocalTraining training;
    private final long seed;
    private LocalTraining.Worker worker;

    public LocalTrainer(LocalTraining training, long seed) {
        this.training = training;
        this.seed = seed;
    }

    /** Takes one worker's steps of a round, from a state or, without one, from the beginning. */
    public WorkerRound round(WorkerBatches batches, Optional<Path> from, int done, int last)
            throws IOException {
        long begin = System.nanoTime();
        boolean isReusable = false;
        try {
            prepare(from);
            worker.engine().setRandomSeed(Objects.hash(seed, done, batches.worker()));
            List<StepRecord> steps = new ArrayList<>();
            for (int step = done + 1; step <= last; step++) {
                steps.add(worker.step(batches, step));
            }
            byte[] state = state();
            isReusable = worker.isReusable();
            double milliseconds = (System.nanoTime() - begin) / 1e6;
            return new WorkerRound(batches.worker(), state, steps, milliseconds);
        } finally {
            if (!isReusable) {
                close();
            }
        }
    }

    private void prepare(Optional<Path> from) throws IOException {
        if (from.isEmpty()) {
            close();
        }
        if (worker == null) {
            worker = training.open();
        }
        if (from.isPresent()) {
            worker.optimizer().load(from.get());
        }
    }

    private byte[] state() throws IOException {
        Path file = Files.createTempFile("tram-worker", ".safetensors");
        try {
            worker.optimizer().save(file);
            return StateBytes.read(file);
        } finally {
            Files.delete(file);
        }
    }

    @Override
    public void close() throws IOException {
        LocalTraining.Worker open = worker;
        worker = null;
        if (open != null) {
            open.close();
        }
    }
}
