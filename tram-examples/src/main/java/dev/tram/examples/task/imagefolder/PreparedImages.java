package dev.tram.examples.task.imagefolder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.examples.experiment.Batches;
import dev.tram.examples.experiment.Examples;
import java.awt.image.BufferedImage;
import java.util.List;

/** A batch of images, ready for a model, that has not become arrays yet. */
final class PreparedImages implements Examples.Prepared {

    private static final int CHANNELS = 3;

    private final float[] pixels;
    private final Shape shape;
    private final long[] labels;

    private PreparedImages(float[] pixels, Shape shape, long... labels) {
        this.pixels = pixels;
        this.shape = shape;
        this.labels = labels;
    }

    /**
     * Resizes and normalizes images, whatever the model's device is, on the CPU.
     *
     * @param images the images, of any size
     * @param preprocessor how pixels become a model's input
     */
    static PreparedImages of(
            List<BufferedImage> images, long[] labels, PreprocessorConfig preprocessor) {
        int length = CHANNELS * preprocessor.height() * preprocessor.width();
        float[] pixels = new float[images.size() * length];
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            for (int i = 0; i < images.size(); i++) {
                try (NDArray image = preprocessor.prepare(manager, images.get(i))) {
                    System.arraycopy(image.toFloatArray(), 0, pixels, i * length, length);
                }
            }
        }
        Shape shape =
                new Shape(images.size(), CHANNELS, preprocessor.height(), preprocessor.width());
        return new PreparedImages(pixels, shape, labels);
    }

    /** A batch of pixels (N, C, H, W). */
    @Override
    public Batch on(NDManager manager) {
        return Batches.of(
                manager,
                new NDList(manager.create(pixels, shape)),
                new NDList(manager.create(labels)),
                labels.length);
    }
}
