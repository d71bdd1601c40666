package dev.tram.examples.task.emoji;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.experiment.Batches;
import java.nio.FloatBuffer;
import java.util.function.UnaryOperator;

/** Images as arrays, and what a classifier says to them. */
final class Classification {

    private static final int BATCH = 256;

    /** Pixels in [0, 1] become (v − 0.5) / 0.5, in [−1, 1]. */
    private static final float CENTRE = 0.5f;

    private Classification() {}

    /** Returns images as an array of shape (n, 3, 32, 32), values in [−1, 1]. */
    static NDArray pixels(NDManager manager, ImageSet images) {
        Shape shape = new Shape(images.size(), Picture.CHANNELS, Picture.SIZE, Picture.SIZE);
        FloatBuffer buffer = FloatBuffer.allocate((int) shape.size());
        for (ImageSet.Example example : images.examples()) {
            example.picture().map(v -> (v - CENTRE) / CENTRE).writeTo(buffer);
        }
        return manager.create(buffer.array(), shape);
    }

    /**
     * Returns images with their labels, int64 of shape (n); closing the batch closes the manager.
     */
    static Batch batch(NDManager manager, ImageSet images) {
        long[] labels = images.examples().stream().mapToLong(ImageSet.Example::label).toArray();
        return Batches.of(
                manager,
                new NDList(pixels(manager, images)),
                new NDList(manager.create(labels)),
                images.size());
    }

    /**
     * Returns the most probable class of each image.
     *
     * @param classifier from pixels of shape (n, 3, 32, 32) to logits of shape (n, classes)
     * @param images the images
     * @param manager the owner of what is made on the way
     */
    static int[] predictions(
            UnaryOperator<NDArray> classifier, ImageSet images, NDManager manager) {
        int[] predictions = new int[images.size()];
        for (int start = 0; start < images.size(); start += BATCH) {
            int end = Math.min(start + BATCH, images.size());
            try (NDManager scope = manager.newSubManager()) {
                NDArray logits = classifier.apply(pixels(scope, images.range(start, end)));
                long[] classes = logits.argMax(-1).toLongArray();
                for (int i = 0; i < classes.length; i++) {
                    predictions[start + i] = (int) classes[i];
                }
            }
        }
        return predictions;
    }

    /** Returns the share of right predictions, in percent. */
    static double accuracy(UnaryOperator<NDArray> classifier, ImageSet images, NDManager manager) {
        int[] predictions = predictions(classifier, images, manager);
        int right = 0;
        for (int i = 0; i < predictions.length; i++) {
            if (predictions[i] == images.examples().get(i).label()) {
                right++;
            }
        }
        return 100.0 * right / predictions.length;
    }

    /** Returns a model as a classifier, without dropout. */
    static UnaryOperator<NDArray> classifier(TransformerModel model, NDManager manager) {
        ParameterStore store = new ParameterStore(manager, false);
        return pixels -> model.forward(store, new NDList(pixels), false).singletonOrThrow();
    }
}
