package dev.tram.experiments;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;

/** Batches that are put together by hand. */
public final class Batches {

    private Batches() {}

    /** Makes a batch; the manager, which owns its arrays, is closed with it. */
    public static Batch of(NDManager manager, NDList data, NDList labels, int size) {
        return new Batch(manager, data, labels, size, Batchifier.STACK, Batchifier.STACK, 0, 0);
    }
}
