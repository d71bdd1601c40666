package dev.tram.examples.task.imagefolder;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.data.Prefetch;
import dev.tram.examples.experiment.Evaluation;
import dev.tram.examples.experiment.EvenSample;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.experiment.ShuffledStream;
import dev.tram.examples.experiment.Task;
import dev.tram.examples.report.Prediction;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** Fine-tuning of a pretrained Vision Transformer, with a new head, on images of one's own. */
final class ImageTask implements Task, AutoCloseable {

    private static final int BATCH = 32;

    /** How many training images are validated on where there is no split for it. */
    private static final int VALIDATION = 256;

    private final String target;
    private final ImageData data;
    private final Checkpoint checkpoint;
    private final PreprocessorConfig preprocessor;
    private final Prefetch<BatchKey, PreparedImages> batches = new Prefetch<>(this::read);

    private record BatchKey(long seed, int step, int size) {}

    /**
     * Describes the task.
     *
     * @param target the data's name
     * @param data the images
     * @param pretrained the pretrained model
     * @param preprocessor how pixels become its input
     */
    ImageTask(
            String target, ImageData data, Checkpoint pretrained, PreprocessorConfig preprocessor) {
        this.target = target;
        this.data = data;
        this.preprocessor = preprocessor;
        checkpoint = pretrained.withNewHead(data.classes());
    }

    @Override
    public String target() {
        return target;
    }

    @Override
    public List<Measure> measures() {
        return List.of(Measure.higher(target, target));
    }

    /** The paper's methods differ by tenths of a percent here, and less. */
    @Override
    public int decimals() {
        return 2;
    }

    @Override
    public Measure validation() {
        return Measure.higher(
                "validation",
                data.validation() == null
                        ? "accuracy on training images, %"
                        : "validation accuracy, %");
    }

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        Engine.getInstance().setRandomSeed((int) seed);
        return checkpoint.load(manager);
    }

    @Override
    public Optional<Path> pretrained() {
        return Optional.of(checkpoint.directory());
    }

    @Override
    public void save(TransformerModel model, Path directory) throws IOException {
        checkpoint.save(model, directory);
    }

    @Override
    public Batch batch(NDManager manager, long seed, int step, int size) {
        return batches.get(new BatchKey(seed, step, size), new BatchKey(seed, step + 1, size))
                .batch(manager);
    }

    private PreparedImages read(BatchKey key) {
        ShuffledStream stream = new ShuffledStream(data.training().size(), key.seed());
        int[] chosen = stream.batch(key.step(), key.size());
        Random random = stream.random(-key.step());
        List<BufferedImage> augmented =
                data.training().getAll(chosen).stream()
                        .map(image -> Augmentation.apply(image, random))
                        .toList();
        return PreparedImages.of(augmented, labels(data.training(), chosen), preprocessor);
    }

    /** Returns a batch of images as they are. */
    Batch batch(NDManager manager, EncodedImages from, int... chosen) {
        return prepared(from, chosen).batch(manager);
    }

    private PreparedImages prepared(EncodedImages from, int... chosen) {
        return PreparedImages.of(from.getAll(chosen), labels(from, chosen), preprocessor);
    }

    private long[] labels(EncodedImages images, int... chosen) {
        return IntStream.of(chosen).mapToLong(number -> label(images, number)).toArray();
    }

    private int label(EncodedImages images, int number) {
        return data.classes().indexOf(images.label(number));
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        return data.validation() == null
                ? accuracy(model, data.training(), VALIDATION, manager)
                : accuracy(model, data.validation(), Integer.MAX_VALUE, manager);
    }

    @Override
    public Evaluation evaluate(TransformerModel model, NDManager manager) {
        return Evaluation.of(
                Map.of(target, accuracy(model, data.test(), Integer.MAX_VALUE, manager)));
    }

    /** The share of right predictions in percent, for evenly spread images. */
    private double accuracy(
            TransformerModel model, EncodedImages images, int atMost, NDManager manager) {
        int[] chosen = EvenSample.of(images.size(), atMost);
        int[] predicted = predict(model, images, chosen, manager);
        long right =
                IntStream.range(0, chosen.length)
                        .filter(i -> predicted[i] == label(images, chosen[i]))
                        .count();
        return 100.0 * right / chosen.length;
    }

    private int[] predict(
            TransformerModel model, EncodedImages images, int[] chosen, NDManager manager) {
        int[] predicted = new int[chosen.length];
        try (Prefetch<Integer, PreparedImages> parts =
                new Prefetch<>(start -> prepared(images, part(chosen, start)))) {
            for (int start = 0; start < chosen.length; start += BATCH) {
                try (NDManager scope = manager.newSubManager()) {
                    NDArray pixels = parts.get(start, start + BATCH).pixels(scope);
                    NDList logits =
                            model.forward(
                                    new ParameterStore(scope, false), new NDList(pixels), false);
                    long[] classes = logits.singletonOrThrow().argMax(-1).toLongArray();
                    for (int i = 0; i < classes.length; i++) {
                        predicted[start + i] = (int) classes[i];
                    }
                }
            }
        }
        return predicted;
    }

    /** Some of the numbers, at most as many as a batch has; none behind the end. */
    private static int[] part(int[] chosen, int start) {
        int end = Math.min(chosen.length, start + BATCH);
        return Arrays.copyOfRange(chosen, Math.min(start, end), end);
    }

    /** What a model says to some test images. */
    List<Prediction> predictions(TransformerModel model, NDManager manager, int count) {
        int[] chosen = EvenSample.of(data.test().size(), count);
        int[] predicted = predict(model, data.test(), chosen, manager);
        return IntStream.range(0, chosen.length)
                .mapToObj(
                        i ->
                                new Prediction(
                                        data.test().get(chosen[i]),
                                        data.test().label(chosen[i]),
                                        data.classes().get(predicted[i])))
                .toList();
    }

    /** Ends the reading ahead. */
    @Override
    public void close() {
        batches.close();
    }
}
