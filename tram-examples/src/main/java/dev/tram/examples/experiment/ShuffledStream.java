package dev.tram.examples.experiment;

import dev.tram.core.Arguments;
import java.util.Random;

/**
 * An endless stream of examples: one permutation of all after the other, each from a seed of its
 * own. Any batch can be computed without those before it, which is what a resumed run needs.
 *
 * @param examples the number of examples
 * @param seed the seed of the order
 */
public record ShuffledStream(int examples, long seed) {

    /** Checks the number of examples. */
    public ShuffledStream {
        Arguments.atLeast("the number of examples", examples, 1);
    }

    /**
     * Returns a batch.
     *
     * @param step the step, from 1
     * @param size the number of examples
     * @return their indices
     */
    public int[] batch(int step, int size) {
        int[] batch = new int[size];
        long start = (step - 1L) * size;
        int[] order = null;
        for (int i = 0; i < size; i++) {
            long position = start + i;
            int place = (int) (position % examples);
            if (order == null || place == 0) {
                order = permutation(position / examples);
            }
            batch[i] = order[place];
        }
        return batch;
    }

    private int[] permutation(long epoch) {
        Random random = random(epoch);
        int[] order = new int[examples];
        for (int i = 0; i < examples; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /**
     * Returns a generator for what else is drawn.
     *
     * @param stream which stream, such as an epoch or a step
     * @return a generator that depends on the seed and the stream
     */
    public Random random(long stream) {
        return new Random(seed * 0x9E3779B97F4A7C15L + stream * 0xBF58476D1CE4E5B9L);
    }
}
