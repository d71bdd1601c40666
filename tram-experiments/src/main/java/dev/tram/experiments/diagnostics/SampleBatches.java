package dev.tram.experiments.diagnostics;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.util.Progress;
import dev.tram.experiments.Examples;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Some of a test's examples, spread evenly, in batches. */
final class SampleBatches implements Dataset {

    private final Examples examples;
    private final int[] chosen;
    private final int batch;

    /**
     * Chooses examples.
     *
     * @param atMost the most to choose
     * @param batch the number of a batch; the last may have fewer
     */
    SampleBatches(Examples examples, int atMost, int batch) {
        this.examples = examples;
        chosen = examples.spread(atMost);
        this.batch = batch;
    }

    @Override
    public Iterable<Batch> getData(NDManager manager) {
        int batches = (chosen.length + batch - 1) / batch;
        return () ->
                IntStream.range(0, batches)
                        .mapToObj(i -> examples.prepare(items(i)).on(manager.newSubManager()))
                        .iterator();
    }

    private int[] items(int number) {
        int from = number * batch;
        return Arrays.copyOfRange(chosen, from, Math.min(chosen.length, from + batch));
    }

    @Override
    public void prepare(Progress progress) {}
}
