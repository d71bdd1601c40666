package dev.tram.examples.task.emoji;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.tram.experiments.Batches;
import dev.tram.experiments.Examples;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Images with labels. Pixels of a batch are in [-1, 1], of shape (N, 3, 32, 32).
 *
 * @param classes the names of the classes
 */
public record ImageSet(List<String> classes, List<Example> examples) implements Examples {

    private static final float CENTRE = 0.5f;

    /**
     * An image with its label.
     *
     * @param label the class, an index
     */
    public record Example(String name, Picture picture, int label) {}

    @Override
    public int size() {
        return examples.size();
    }

    @Override
    public int label(int item) {
        return examples.get(item).label();
    }

    @Override
    public Prepared prepare(int... items) {
        Shape shape = new Shape(items.length, Picture.CHANNELS, Picture.SIZE, Picture.SIZE);
        FloatBuffer pixels = FloatBuffer.allocate((int) shape.size());
        for (int item : items) {
            examples.get(item).picture().map(v -> (v - CENTRE) / CENTRE).writeTo(pixels);
        }
        long[] labels = IntStream.of(items).mapToLong(this::label).toArray();
        return manager ->
                Batches.of(
                        manager,
                        new NDList(manager.create(pixels.array(), shape)),
                        new NDList(manager.create(labels)),
                        items.length);
    }

    /** Returns some of the images, in this order. */
    public ImageSet select(int... indices) {
        return new ImageSet(classes, Arrays.stream(indices).mapToObj(examples::get).toList());
    }

    ImageSet range(int from, int to) {
        return new ImageSet(classes, examples.subList(from, to));
    }

    /**
     * Returns the set with other images.
     *
     * @param change makes them from each image's number and the image
     */
    public ImageSet map(BiFunction<Integer, Picture, Picture> change) {
        return new ImageSet(
                classes,
                IntStream.range(0, size())
                        .mapToObj(
                                i -> {
                                    Example one = examples.get(i);
                                    Picture picture = change.apply(i, one.picture());
                                    return new Example(one.name(), picture, one.label());
                                })
                        .toList());
    }
}
