package dev.tram.djl.transformers.dataset;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.util.Progress;
import ai.djl.util.RandomUtils;
import dev.tram.core.internal.Arguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Examples in batches. The last batch of an epoch may be smaller than the others. Shuffled, the
 * examples come in a new order in each epoch, which {@code Engine.setRandomSeed} determines.
 */
public abstract sealed class BatchedDataset implements Dataset
        permits TextDataset, TokenBlockDataset, ImageFolderDataset {

    /** How many batches are ordered by length at once: enough to group, few enough to mix. */
    private static final int WINDOW = 64;

    private final int batchSize;
    private final boolean shuffled;

    BatchedDataset(Builder<?> builder) {
        batchSize = builder.batchSize;
        shuffled = builder.shuffled;
    }

    /**
     * Returns the number of examples.
     *
     * @return the number, at least one
     */
    public abstract int size();

    /** Returns how much room an example takes in a batch; those of like length share batches. */
    abstract int length(int example);

    /** Reads what a batch needs, on any thread. */
    abstract Prepared prepare(int[] examples);

    /**
     * A batch's values in memory, ready to become arrays.
     *
     * @param data creates the inputs
     * @param labels creates the labels
     */
    record Prepared(Function<NDManager, NDList> data, Function<NDManager, NDList> labels) {}

    /**
     * Starts an epoch.
     *
     * @param manager the owner of the batches
     * @return the batches, once
     */
    @Override
    public final Iterable<Batch> getData(NDManager manager) {
        return () -> new BatchIterator(manager, epoch(), this::prepare);
    }

    private List<int[]> epoch() {
        List<Integer> order = new ArrayList<>(IntStream.range(0, size()).boxed().toList());
        if (!shuffled) {
            return batches(order, IntUnaryOperator.identity());
        }
        Collections.shuffle(order, RandomUtils.RANDOM);
        int window = (int) Math.min(order.size(), (long) WINDOW * batchSize);
        for (int start = 0; start < order.size(); start += window) {
            order.subList(start, Math.min(order.size(), start + window))
                    .sort(Comparator.comparingInt(this::length));
        }
        int full = order.size() / batchSize;
        List<Integer> places = new ArrayList<>(IntStream.range(0, full).boxed().toList());
        Collections.shuffle(places, RandomUtils.RANDOM);
        return batches(order, batch -> batch < full ? places.get(batch) : batch);
    }

    /** Cuts an order into batches; {@code place} says which one comes at each place. */
    private List<int[]> batches(List<Integer> order, IntUnaryOperator place) {
        int[] all = order.stream().mapToInt(example -> example).toArray();
        int count = (all.length + batchSize - 1) / batchSize;
        return IntStream.range(0, count)
                .map(place)
                .mapToObj(
                        batch ->
                                Arrays.copyOfRange(
                                        all,
                                        batch * batchSize,
                                        Math.min(all.length, (batch + 1) * batchSize)))
                .toList();
    }

    /** Does nothing: the examples are there from construction on. */
    @Override
    public final void prepare(Progress progress) {}

    /**
     * The common part of the builders of data sets.
     *
     * @param <B> the builder's own type
     */
    public abstract static sealed class Builder<B extends Builder<B>>
            permits TextDataset.Builder, TokenBlockDataset.Builder, ImageFolderDataset.Builder {

        private int batchSize;
        private boolean shuffled;

        Builder() {}

        abstract B self();

        /**
         * Sets how examples become batches.
         *
         * @param newBatchSize the number of examples in a batch, at least 1
         * @param shuffle true for training: a new order in each epoch, and examples of like length
         *     in the same batch; false for the order in which they were given
         * @return this builder
         * @throws IllegalArgumentException if the number is less than 1
         */
        public B setSampling(int newBatchSize, boolean shuffle) {
            batchSize = Arguments.atLeast("the batch size", newBatchSize, 1);
            shuffled = shuffle;
            return self();
        }

        final void requireSampling() {
            if (batchSize == 0) {
                throw new IllegalStateException(
                        "a data set needs setSampling(batchSize, shuffle), received: no call");
            }
        }
    }
}
