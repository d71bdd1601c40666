package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.util.Random;

/**
 * An endless stream of examples: one permutation of all after the other, each from a seed of its
 * own. Any batch can be computed without those before it, which is what a resumed run needs. Not
 * safe for concurrent use: the permutation used last is kept.
 */
public final class ShuffledStream {

    private final int examples;
    private final long seed;
    private int[] permutation;
    private long permutationEpoch;

    /** Describes a stream, whose order the seed decides. */
    public ShuffledStream(int examples, long seed) {
        this.examples = Arguments.atLeast("the number of examples", examples, 1);
        this.seed = seed;
    }

    /** Returns the batch of a step, counted from 1. */
    public int[] batch(int step, int size) {
        int[] batch = new int[size];
        long start = (step - 1L) * size;
        for (int i = 0; i < size; i++) {
            long position = start + i;
            batch[i] = permutation(position / examples)[(int) (position % examples)];
        }
        return batch;
    }

    private int[] permutation(long epoch) {
        if (permutation == null || permutationEpoch != epoch) {
            permutation = permute(random(epoch));
            permutationEpoch = epoch;
        }
        return permutation;
    }

    private int[] permute(Random random) {
        int[] order = new int[examples];
        for (int i = 0; i < examples; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** Returns a generator for what else is drawn in a stream, such as an epoch or a step. */
    public Random random(long stream) {
        return new Random(seed * 0x9E3779B97F4A7C15L + stream * 0xBF58476D1CE4E5B9L);
    }
}
