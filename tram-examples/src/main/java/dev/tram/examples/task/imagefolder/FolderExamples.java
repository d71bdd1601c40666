package dev.tram.examples.task.imagefolder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.experiments.Batches;
import dev.tram.experiments.Examples;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Images as a model sees them: prepared as its checkpoint says; for training, a random part of
 * each, mirrored at random.
 */
record FolderExamples(EncodedImages images, List<String> classes, PreprocessorConfig preprocessor)
        implements Examples {

    private static final int CHANNELS = 3;

    @Override
    public int size() {
        return images.size();
    }

    @Override
    public int label(int item) {
        return classes.indexOf(images.label(item));
    }

    @Override
    public Prepared prepare(int... items) {
        return prepared(images.getAll(items), items);
    }

    @Override
    public Prepared augment(Random random, int... items) {
        return prepared(
                images.getAll(items).stream()
                        .map(image -> Augmentation.apply(image, random))
                        .toList(),
                items);
    }

    /** A batch of pixels (N, C, H, W). */
    private Prepared prepared(List<BufferedImage> pictures, int... items) {
        long[] labels = IntStream.of(items).mapToLong(this::label).toArray();
        Shape shape =
                new Shape(items.length, CHANNELS, preprocessor.height(), preprocessor.width());
        float[] pixels = pixels(pictures);
        return manager ->
                Batches.of(
                        manager,
                        new NDList(manager.create(pixels, shape)),
                        new NDList(manager.create(labels)),
                        items.length);
    }

    /** Resizes and normalizes images, whatever the model's device is, on the CPU. */
    private float[] pixels(List<BufferedImage> pictures) {
        int length = CHANNELS * preprocessor.height() * preprocessor.width();
        float[] pixels = new float[pictures.size() * length];
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            for (int i = 0; i < pictures.size(); i++) {
                try (NDArray image = preprocessor.prepare(manager, pictures.get(i))) {
                    System.arraycopy(image.toFloatArray(), 0, pixels, i * length, length);
                }
            }
        }
        return pixels;
    }
}
