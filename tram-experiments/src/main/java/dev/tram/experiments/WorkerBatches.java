package dev.tram.experiments;

import dev.tram.core.internal.Arguments;

/**
 * Which batches a worker trains on, where several share a run: in each step a batch of its own, all
 * of which together are the next ones of the run's stream.
 *
 * @param worker the worker, from 0
 */
public record WorkerBatches(int worker, int workers) {

    static final WorkerBatches ALL = new WorkerBatches(0, 1);

    public WorkerBatches {
        Arguments.atLeast("workers", workers, 1);
        if (worker < 0 || worker >= workers) {
            throw Arguments.rejected("worker", "0 to " + (workers - 1), worker);
        }
    }

    /** Returns which batch of the run's stream the worker's is; both are counted from 1. */
    public int batch(int number) {
        return (number - 1) * workers + worker + 1;
    }
}
