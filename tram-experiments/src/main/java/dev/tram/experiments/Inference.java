package dev.tram.experiments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import dev.tram.experiments.data.Prefetch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What a model says of examples: together those of similar length, read while others are run. */
public final class Inference {

    private Inference() {}

    /**
     * Runs a model over examples.
     *
     * @param budget the most that a batch costs: its number of examples times its longest
     * @param model what is said of a batch, a row per example
     * @return a row per example, in their order
     */
    public static float[][] rows(
            Examples examples,
            int[] chosen,
            int budget,
            NDManager manager,
            Function<Batch, NDArray> model) {
        float[][] rows = new float[chosen.length][];
        List<int[]> batches = batches(examples, chosen, budget);
        try (Prefetch<Integer, Examples.Prepared> prepared =
                new Prefetch<>(
                        number ->
                                number < batches.size()
                                        ? prepare(examples, chosen, batches.get(number))
                                        : null)) {
            for (int number = 0; number < batches.size(); number++) {
                int[] places = batches.get(number);
                NDManager scope = manager.newSubManager();
                try (Batch batch = prepared.get(number, number + 1).on(scope)) {
                    float[] values = model.apply(batch).toFloatArray();
                    int width = values.length / places.length;
                    for (int i = 0; i < places.length; i++) {
                        rows[places[i]] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
                    }
                }
            }
        }
        return rows;
    }

    private static Examples.Prepared prepare(Examples examples, int[] chosen, int... places) {
        return examples.prepare(Arrays.stream(places).map(place -> chosen[place]).toArray());
    }

    /** Places in {@code chosen}, the shortest examples first. */
    private static List<int[]> batches(Examples examples, int[] chosen, int budget) {
        int[] lengths = Arrays.stream(chosen).map(examples::length).toArray();
        int[] order =
                IntStream.range(0, chosen.length)
                        .boxed()
                        .sorted(Comparator.comparingInt(i -> lengths[i]))
                        .mapToInt(i -> i)
                        .toArray();
        List<int[]> batches = new ArrayList<>();
        int start = 0;
        while (start < order.length) {
            int end = start + 1;
            while (end < order.length && (end + 1 - start) * lengths[order[end]] <= budget) {
                end++;
            }
            batches.add(Arrays.copyOfRange(order, start, end));
            start = end;
        }
        return batches;
    }
}
