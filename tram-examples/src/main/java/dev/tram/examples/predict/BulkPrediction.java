package dev.tram.examples.predict;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.inference.InputEncoder;
import dev.tram.experiments.data.Prefetch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Predicts for any number of examples, in their order. A window of them is in memory; those of like
 * length share batches, and the next batch is read and encoded while the model computes one.
 */
final class BulkPrediction<I> {

    /** Of how many characters a window is at most, but for its last text. */
    private static final long LONGEST_WINDOW = 1L << 24;

    private final Predictor predictor;
    private final InputEncoder<I> encoder;
    private final int batchSize;
    private final int windowSize;

    BulkPrediction(Predictor predictor, InputEncoder<I> encoder, int batchSize, int window) {
        this.predictor = predictor;
        this.encoder = encoder;
        this.batchSize = batchSize;
        windowSize = batchSize * window;
    }

    /** Examples in their order, with the logits so far. */
    private record Window<I>(List<Example<I>> examples, List<float[]> logits) {

        void write(PredictionWriter writer) throws IOException {
            for (int i = 0; i < logits.size(); i++) {
                writer.write(examples.get(i), logits.get(i));
            }
        }
    }

    /** Some of a window's examples, encoded. */
    private record Batch<I>(
            Window<I> window,
            List<Integer> places,
            Function<NDManager, NDList> inputs,
            boolean isLast) {}

    /**
     * Predicts.
     *
     * @param examples the examples, which are read on another thread
     */
    void run(Iterator<Example<I>> examples, PredictionWriter writer) throws IOException {
        Reader reader = new Reader(examples);
        try (Prefetch<Integer, Batch<I>> batches = new Prefetch<>(number -> reader.next())) {
            int number = 0;
            Batch<I> batch = batches.get(number, number + 1);
            while (batch != null) {
                float[][] logits = predictor.logits(batch.inputs());
                for (int row = 0; row < logits.length; row++) {
                    batch.window().logits().set(batch.places().get(row), logits[row]);
                }
                if (batch.isLast()) {
                    batch.window().write(writer);
                }
                number++;
                batch = batches.get(number, number + 1);
            }
        }
    }

    /** Reads windows and cuts them into batches. */
    private final class Reader {

        private final Iterator<Example<I>> examples;
        private final Queue<List<Integer>> batches = new ArrayDeque<>();
        private Window<I> window;

        Reader(Iterator<Example<I>> examples) {
            this.examples = examples;
        }

        /** Returns the next batch, or null behind the last one. */
        Batch<I> next() {
            if (batches.isEmpty()) {
                fill();
            }
            List<Integer> places = batches.poll();
            if (places == null) {
                return null;
            }
            List<I> inputs =
                    places.stream().map(place -> window.examples().get(place).input()).toList();
            return new Batch<>(window, places, encoder.encode(inputs), batches.isEmpty());
        }

        private void fill() {
            List<Example<I>> read = new ArrayList<>();
            long length = 0;
            while (read.size() < windowSize && length < LONGEST_WINDOW && examples.hasNext()) {
                read.add(examples.next());
                length += read.get(read.size() - 1).length();
            }
            window = new Window<>(read, Arrays.asList(new float[read.size()][]));
            List<Integer> order =
                    IntStream.range(0, read.size())
                            .boxed()
                            .sorted(Comparator.comparingInt(place -> -read.get(place).length()))
                            .toList();
            for (int start = 0; start < order.size(); start += batchSize) {
                batches.add(order.subList(start, Math.min(order.size(), start + batchSize)));
            }
        }
    }
}
