package dev.tram.examples.experiment;

import java.util.stream.IntStream;

/** Some of many examples, spread evenly over their order. */
public final class EvenSample {

    private EvenSample() {}

    /**
     * Chooses examples.
     *
     * @param atMost the most to choose, at least 1
     * @return their numbers, ascending from 0; all of them if there are no more than that
     */
    public static int[] of(int size, int atMost) {
        int count = Math.min(size, atMost);
        return IntStream.range(0, count).map(i -> (int) ((long) i * size / count)).toArray();
    }
}
