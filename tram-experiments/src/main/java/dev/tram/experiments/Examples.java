package dev.tram.experiments;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import java.util.Random;
import java.util.stream.IntStream;

/** Examples that a model is trained or judged on, by their numbers from 0. */
public interface Examples {

    /** A batch in the machine's memory, which becomes arrays where and when they are needed. */
    @FunctionalInterface
    interface Prepared {

        /**
         * Makes the batch: inputs and labels, of arrays of the manager, which is closed with it.
         */
        Batch on(NDManager manager);
    }

    int size();

    /** Returns the numbers of all examples. */
    default int[] items() {
        return IntStream.range(0, size()).toArray();
    }

    /** Returns the numbers of some examples, spread evenly, ascending from 0; at most so many. */
    default int[] spread(int atMost) {
        int count = Math.min(size(), atMost);
        return IntStream.range(0, count).map(i -> (int) ((long) i * size() / count)).toArray();
    }

    /** Returns what an example costs a model, such as its number of tokens; at least 1. */
    default int length(int item) {
        return 1;
    }

    /** Returns the class of an example, from 0, if these examples have classes. */
    default int label(int item) {
        throw new UnsupportedOperationException("these examples have no classes");
    }

    /** Reads a batch as it is. May be called on any thread. */
    Prepared prepare(int... items);

    /**
     * Reads a batch to train on, changed at random where the task augments its data. May be called
     * on any thread.
     */
    default Prepared augment(Random random, int... items) {
        return prepare(items);
    }
}
