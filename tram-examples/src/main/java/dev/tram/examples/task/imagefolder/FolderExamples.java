package dev.tram.examples.task.imagefolder;

import ai.djl.ndarray.NDList;
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
        float[] pixels = preprocessor.prepare(pictures);
        return manager ->
                Batches.of(
                        manager,
                        new NDList(manager.create(pixels, preprocessor.shape(items.length))),
                        new NDList(manager.create(labels)),
                        items.length);
    }
}
