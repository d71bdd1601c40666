package dev.tram.examples.task.emoji;

import dev.tram.core.internal.Arguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Images with labels.
 *
 * @param classes the names of the classes
 * @param examples the images
 */
public record ImageSet(List<String> classes, List<Example> examples) {

    /**
     * An image with its label.
     *
     * @param name what is seen
     * @param picture the image
     * @param label the class, an index
     */
    public record Example(String name, Picture picture, int label) {}

    /** Checks the labels. */
    public ImageSet {
        classes = List.copyOf(classes);
        examples = List.copyOf(examples);
        for (Example example : examples) {
            if (example.label() < 0 || example.label() >= classes.size()) {
                throw Arguments.rejected(
                        "the label of " + example.name(),
                        "in [0, " + classes.size() + ")",
                        example.label());
            }
        }
    }

    /**
     * Returns the number of images.
     *
     * @return the number
     */
    public int size() {
        return examples.size();
    }

    /** Returns the images with the given indices. */
    ImageSet select(int[] indices) {
        return new ImageSet(classes, Arrays.stream(indices).mapToObj(examples::get).toList());
    }

    /** Returns the images of a range. */
    ImageSet range(int from, int to) {
        return new ImageSet(classes, examples.subList(from, to));
    }

    /** Returns the set with other images, made from each image and its index. */
    ImageSet map(BiFunction<Integer, Picture, Picture> change) {
        List<Example> changed = new ArrayList<>();
        IntStream.range(0, size())
                .forEach(
                        i -> {
                            Example example = examples.get(i);
                            Picture picture = change.apply(i, example.picture());
                            changed.add(new Example(example.name(), picture, example.label()));
                        });
        return new ImageSet(classes, changed);
    }
}
