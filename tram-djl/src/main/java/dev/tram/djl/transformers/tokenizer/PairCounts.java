package dev.tram.djl.transformers.tokenizer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * How often each pair of neighbouring symbols occurs in a list of words, kept up to date while
 * pairs merge. A merge visits only the words that hold its pair.
 */
final class PairCounts {

    /** A word as symbols, and how often it occurs. */
    static final class Word {

        private final long count;
        private int[] symbols;

        Word(int[] symbols, long count) {
            this.symbols = symbols;
            this.count = count;
        }
    }

    private record Candidate(long pair, long count) {}

    private final List<Word> words;
    private final Map<Long, Long> counts = new HashMap<>();
    private final Map<Long, Set<Integer>> places = new HashMap<>();
    private final PriorityQueue<Candidate> queue =
            new PriorityQueue<>(
                    Comparator.comparingLong(Candidate::count)
                            .reversed()
                            .thenComparingLong(Candidate::pair));

    /** Counts the pairs of words, which merging changes. */
    PairCounts(List<Word> words) {
        this.words = words;
        for (int i = 0; i < words.size(); ++i) {
            count(i, 1);
        }
        counts.keySet().forEach(this::enqueue);
    }

    private static long pair(int left, int right) {
        return ((long) left << Integer.SIZE) | right;
    }

    /** Returns the first symbol of a pair. */
    static int left(long pair) {
        return (int) (pair >>> Integer.SIZE);
    }

    /** Returns the second symbol of a pair. */
    static int right(long pair) {
        return (int) pair;
    }

    /**
     * Returns the most frequent pair, the lowest among equals, or -1 if none is frequent enough.
     */
    long mostFrequent(long minFrequency) {
        while (!queue.isEmpty() && queue.peek().count() >= minFrequency) {
            Candidate best = queue.peek();
            if (counts.getOrDefault(best.pair(), 0L) == best.count()) {
                return best.pair();
            }
            queue.remove();
        }
        return -1;
    }

    /** Replaces every occurrence of a pair, from the left, by one symbol. */
    void merge(long pair, int symbol) {
        Set<Long> changed = new HashSet<>();
        for (int i : places.remove(pair)) {
            changed.addAll(count(i, -1));
            Word word = words.get(i);
            word.symbols = merged(word.symbols, pair, symbol);
            changed.addAll(count(i, 1));
        }
        changed.forEach(this::enqueue);
    }

    private void enqueue(long pair) {
        long count = counts.getOrDefault(pair, 0L);
        if (count > 0) {
            queue.add(new Candidate(pair, count));
        }
    }

    /** Adds a word's pairs, or removes them, and returns them. */
    private Set<Long> count(int index, int sign) {
        Word word = words.get(index);
        Set<Long> pairs = new HashSet<>();
        for (int i = 1; i < word.symbols.length; ++i) {
            long pair = pair(word.symbols[i - 1], word.symbols[i]);
            counts.merge(pair, sign * word.count, Long::sum);
            pairs.add(pair);
            if (sign > 0) {
                places.computeIfAbsent(pair, key -> new HashSet<>()).add(index);
            }
        }
        return pairs;
    }

    private static int[] merged(int[] symbols, long pair, int symbol) {
        int[] result = new int[symbols.length];
        int length = 0;
        for (int i = 0; i < symbols.length; ++i) {
            boolean hit =
                    i + 1 < symbols.length
                            && symbols[i] == left(pair)
                            && symbols[i + 1] == right(pair);
            result[length++] = hit ? symbol : symbols[i];
            i += hit ? 1 : 0;
        }
        return Arrays.copyOf(result, length);
    }
}
