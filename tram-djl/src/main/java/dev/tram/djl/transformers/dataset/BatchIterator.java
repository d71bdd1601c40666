package dev.tram.djl.transformers.dataset;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * An epoch's batches. While one is in use, the next is prepared on a thread of the common pool, so
 * that an iteration that ends early leaves nothing to close.
 */
final class BatchIterator implements Iterator<Batch> {

    private final NDManager manager;
    private final List<int[]> batches;
    private final Function<int[], BatchedDataset.Prepared> maker;
    private CompletableFuture<BatchedDataset.Prepared> ahead;
    private int done;

    BatchIterator(
            NDManager manager,
            List<int[]> batches,
            Function<int[], BatchedDataset.Prepared> maker) {
        this.manager = manager;
        this.batches = batches;
        this.maker = maker;
        prepareNext();
    }

    private void prepareNext() {
        if (hasNext()) {
            int[] examples = batches.get(done);
            ahead = CompletableFuture.supplyAsync(() -> maker.apply(examples));
        }
    }

    @Override
    public boolean hasNext() {
        return done < batches.size();
    }

    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the epoch has " + batches.size() + " batches");
        }
        BatchedDataset.Prepared prepared = join();
        int size = batches.get(done).length;
        done++;
        prepareNext();
        NDManager owner = manager.newSubManager();
        try {
            return new Batch(
                    owner,
                    prepared.data().apply(owner),
                    prepared.labels().apply(owner),
                    size,
                    Batchifier.STACK,
                    Batchifier.STACK,
                    done,
                    batches.size());
        } catch (RuntimeException e) {
            owner.close();
            throw e;
        }
    }

    private BatchedDataset.Prepared join() {
        try {
            return ahead.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }
}
