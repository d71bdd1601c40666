package dev.tram.examples.task.emoji;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.experiment.Evaluation;
import dev.tram.examples.experiment.EvenSample;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.experiment.ShuffledStream;
import dev.tram.examples.experiment.Task;
import dev.tram.examples.report.Prediction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Fine-tuning of a Vision Transformer that was pretrained on Noto's emoji.
 *
 * <p>What was forgotten shows on the source: with the same classes, the fine-tuned model itself is
 * tested on held-out Noto emoji; with other classes, its trunk under the pretrained head is.
 */
public final class VisionTask implements Task {

    private static final Measure TARGET = Measure.higher("target", "target");
    private static final Measure SOURCE = Measure.higher("source", "source");
    private static final Measure SHIFT = Measure.higher("shift", "shift mean");

    private final Target target;
    private final ImageSet training;
    private final ImageSet validation;
    private final ImageSet test;
    private final ImageSet source;
    private final Map<Shift, ImageSet> shifted = new LinkedHashMap<>();
    private final Path pretrained;

    private VisionTask(
            Target target,
            ImageSet training,
            ImageSet validation,
            ImageSet test,
            ImageSet source,
            Path pretrained) {
        this.target = target;
        this.training = training;
        this.validation = validation;
        this.test = test;
        this.source = source;
        this.pretrained = pretrained;
        for (Shift shift : Shift.values()) {
            shifted.put(shift, shift.of(test));
        }
    }

    /**
     * Builds the task of a target.
     *
     * @param target the target
     * @param emoji the emoji
     * @param pretrained the directory of the pretrained model
     * @return the task
     */
    public static VisionTask of(Target target, EmojiImages emoji, Path pretrained) {
        ImageSet source = emoji.sourceTest();
        if (target == Target.TWEMOJI) {
            return new VisionTask(
                    target, emoji.training(), emoji.validation(), emoji.test(), source, pretrained);
        }
        Digits digits = Digits.load();
        return new VisionTask(
                target, digits.training(), digits.validation(), digits.test(), source, pretrained);
    }

    @Override
    public String target() {
        return target.toString();
    }

    @Override
    public List<Measure> measures() {
        List<Measure> measures = new ArrayList<>(List.of(TARGET, SOURCE));
        shifted.keySet().forEach(shift -> measures.add(measure(shift)));
        measures.add(SHIFT);
        return measures;
    }

    private static Measure measure(Shift shift) {
        String name = shift.name().toLowerCase(Locale.ROOT);
        return Measure.higher(name, name);
    }

    @Override
    public Measure validation() {
        return Measure.higher("validation", "validation accuracy, %");
    }

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(pretrained);
        if (hasNewHead()) {
            checkpoint = checkpoint.withNewHead(training.classes());
            Engine.getInstance().setRandomSeed((int) seed);
        }
        return checkpoint.load(manager);
    }

    @Override
    public Optional<Path> pretrained() {
        return Optional.of(pretrained);
    }

    private boolean hasNewHead() {
        return !training.classes().equals(source.classes());
    }

    @Override
    public Batch batch(NDManager manager, long seed, int step, int size) {
        int[] indices = new ShuffledStream(training.size(), seed).batch(step, size);
        return Classification.batch(manager, training.select(indices));
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        try (NDManager scope = manager.newSubManager()) {
            return Classification.accuracy(
                    Classification.classifier(model, scope), validation, scope);
        }
    }

    @Override
    public Evaluation evaluate(TransformerModel model, NDManager manager) {
        Map<String, Double> accuracies = new LinkedHashMap<>();
        try (NDManager scope = manager.newSubManager()) {
            UnaryOperator<NDArray> classifier = Classification.classifier(model, scope);
            accuracies.put(TARGET.name(), Classification.accuracy(classifier, test, scope));
            accuracies.put(
                    SOURCE.name(),
                    Classification.accuracy(sourceClassifier(model, scope), source, scope));
            double sum = 0;
            for (Map.Entry<Shift, ImageSet> entry : shifted.entrySet()) {
                double accuracy = Classification.accuracy(classifier, entry.getValue(), scope);
                accuracies.put(measure(entry.getKey()).name(), accuracy);
                sum += accuracy;
            }
            accuracies.put(SHIFT.name(), sum / shifted.size());
        }
        return Evaluation.of(accuracies);
    }

    /** What a model says to some test images, evenly sampled. */
    List<Prediction> predictions(TransformerModel model, NDManager manager, int count) {
        ImageSet sample = test.select(EvenSample.of(test.size(), count));
        try (NDManager scope = manager.newSubManager()) {
            int[] predicted =
                    Classification.predictions(
                            Classification.classifier(model, scope), sample, scope);
            List<Prediction> predictions = new ArrayList<>();
            for (int i = 0; i < sample.size(); i++) {
                ImageSet.Example example = sample.examples().get(i);
                predictions.add(
                        new Prediction(
                                example.picture().toBufferedImage(),
                                sample.classes().get(example.label()),
                                sample.classes().get(predicted[i])));
            }
            return predictions;
        }
    }

    private UnaryOperator<NDArray> sourceClassifier(TransformerModel model, NDManager manager) {
        if (!hasNewHead()) {
            return Classification.classifier(model, manager);
        }
        Map<String, NDArray> head = pretrainedHead(manager);
        ParameterStore store = new ParameterStore(manager, false);
        return pixels ->
                Linear.linear(
                                model.features(store, new NDList(pixels), false),
                                head.get("weight"),
                                head.get("bias"))
                        .singletonOrThrow();
    }

    private Map<String, NDArray> pretrainedHead(NDManager manager) {
        try {
            Block classifier =
                    Checkpoint.open(pretrained).load(manager).getChildren().values().stream()
                            .reduce((first, last) -> last)
                            .orElseThrow();
            Map<String, NDArray> head = new HashMap<>();
            classifier
                    .getDirectParameters()
                    .forEach(entry -> head.put(entry.getKey(), entry.getValue().getArray()));
            return head;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
