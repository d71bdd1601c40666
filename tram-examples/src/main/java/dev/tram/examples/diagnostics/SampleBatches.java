package dev.tram.examples.diagnostics;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.util.Progress;
import dev.tram.examples.experiment.EvenSample;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Examples that are evenly spread over held-out data, in mini-batches, in their order. */
public final class SampleBatches implements Dataset {

    private final int[] chosen;
    private final int batch;
    private final Reader reader;

    /** Makes batches. */
    @FunctionalInterface
    public interface Reader {

        /**
         * Makes a batch.
         *
         * @param manager its owner, which is closed with it
         * @param examples the numbers of its examples
         * @return the batch
         */
        Batch read(NDManager manager, int... examples);
    }

    /**
     * Chooses examples.
     *
     * @param size how many there are
     * @param atMost the most to choose
     * @param batch the number of examples of a mini-batch
     * @param reader makes batches
     */
    public SampleBatches(int size, int atMost, int batch, Reader reader) {
        chosen = EvenSample.of(size, atMost);
        this.batch = batch;
        this.reader = reader;
    }

    @Override
    public Iterable<Batch> getData(NDManager manager) {
        int batches = (chosen.length + batch - 1) / batch;
        return () ->
                IntStream.range(0, batches)
                        .mapToObj(i -> reader.read(manager.newSubManager(), examples(i)))
                        .iterator();
    }

    private int[] examples(int number) {
        int from = number * batch;
        return Arrays.copyOfRange(chosen, from, Math.min(chosen.length, from + batch));
    }

    @Override
    public void prepare(Progress progress) {}
}
