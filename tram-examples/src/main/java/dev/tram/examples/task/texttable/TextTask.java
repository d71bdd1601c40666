package dev.tram.examples.task.texttable;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.data.Prefetch;
import dev.tram.examples.data.TokenFile;
import dev.tram.examples.experiment.Batches;
import dev.tram.examples.experiment.Evaluation;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.experiment.ShuffledStream;
import dev.tram.examples.experiment.SignificanceTest;
import dev.tram.examples.experiment.Task;
import dev.tram.examples.statistics.ScoreTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Fine-tuning of an encoder as a classifier of texts or of pairs of texts. */
final class TextTask implements Task, AutoCloseable {

    /** The target that is the paper's data. */
    static final String XNLI = "xnli";

    private static final Measure VALIDATION = Measure.lower("validation", "validation loss");

    /** How many tokens an evaluated batch has at most, padding included. */
    private static final int TOKENS = 4096;

    private final String target;
    private final TextDataset data;
    private final Encoder encoder;
    private final TextMeasures measures;
    private final int padId;
    private final Prefetch<BatchKey, PaddedBatch> batches = new Prefetch<>(this::read);

    private record BatchKey(long seed, int step, int size) {}

    /**
     * Describes the task.
     *
     * @param target the data's name
     * @param data the examples
     * @param encoder the pretrained model
     * @param layout which figures it is judged by
     */
    TextTask(String target, TextDataset data, Encoder encoder, TextMeasures.Layout layout) {
        this.target = target;
        this.data = data;
        this.encoder = encoder;
        measures = new TextMeasures(data.groups(), layout);
        padId = encoder.padId();
    }

    @Override
    public String target() {
        return target;
    }

    @Override
    public List<Measure> measures() {
        return measures.all();
    }

    @Override
    public List<Measure> domains() {
        return measures.domains();
    }

    @Override
    public Measure summary() {
        return measures.summary();
    }

    @Override
    public SignificanceTest significanceTest() {
        return SignificanceTest.WILCOXON;
    }

    @Override
    public Optional<ScoreTable> paper() {
        return target.equals(XNLI) ? Task.super.paper() : Optional.empty();
    }

    /** A new head knows nothing, so that its figures are those of chance. */
    @Override
    public boolean isZeroShot() {
        return true;
    }

    @Override
    public Measure validation() {
        return VALIDATION;
    }

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        Engine.getInstance().setRandomSeed((int) seed);
        return encoder.load(manager, data.labels());
    }

    @Override
    public Optional<Path> pretrained() {
        return Optional.of(encoder.directory());
    }

    @Override
    public void save(TransformerModel model, Path directory) throws IOException {
        encoder.save(model, data.labels(), directory);
    }

    @Override
    public Batch batch(NDManager manager, long seed, int step, int size) {
        PaddedBatch padded =
                batches.get(new BatchKey(seed, step, size), new BatchKey(seed, step + 1, size));
        return Batches.of(
                manager, padded.inputs(manager), new NDList(padded.labels(manager)), size);
    }

    private PaddedBatch read(BatchKey key) {
        int[] indices =
                new ShuffledStream(data.training().size(), key.seed())
                        .batch(key.step(), key.size());
        return PaddedBatch.read(data.training(), indices, padId);
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        TokenFile file = data.validation();
        float[][] probabilities = probabilities(model, file, manager);
        double loss = 0;
        for (int i = 0; i < probabilities.length; i++) {
            loss -= Math.log(Math.max(probabilities[i][file.get(i).label()], Float.MIN_NORMAL));
        }
        return loss / probabilities.length;
    }

    @Override
    public Evaluation evaluate(TransformerModel model, NDManager manager) {
        return Evaluation.of(measures.values(judge(model, manager)));
    }

    /** Judges a model on each group of the test. */
    Map<TextDataset.Group, Judgement> judge(TransformerModel model, NDManager manager) {
        Map<TextDataset.Group, Judgement> judgements = new LinkedHashMap<>();
        for (TextDataset.Group group : data.groups()) {
            TokenFile file = data.test(group);
            int[] labels = IntStream.range(0, file.size()).map(i -> file.get(i).label()).toArray();
            judgements.put(
                    group,
                    Judgement.of(
                            probabilities(model, file, manager), labels, data.labels().size()));
        }
        return judgements;
    }

    /** The probability of each class for each example; like lengths are batched together. */
    float[][] probabilities(TransformerModel model, TokenFile file, NDManager manager) {
        int[] lengths = file.lengths();
        int[] order =
                IntStream.range(0, file.size())
                        .boxed()
                        .sorted(Comparator.comparingInt(i -> lengths[i]))
                        .mapToInt(i -> i)
                        .toArray();
        float[][] probabilities = new float[file.size()][];
        int start = 0;
        while (start < order.length) {
            int end = start + 1;
            while (end < order.length && (end + 1 - start) * lengths[order[end]] <= TOKENS) {
                end++;
            }
            int[] indices = Arrays.copyOfRange(order, start, end);
            float[][] batch = probabilities(model, file, indices, manager);
            for (int i = 0; i < indices.length; i++) {
                probabilities[indices[i]] = batch[i];
            }
            start = end;
        }
        return probabilities;
    }

    private float[][] probabilities(
            TransformerModel model, TokenFile file, int[] indices, NDManager manager) {
        try (NDManager scope = manager.newSubManager()) {
            NDList inputs = PaddedBatch.read(file, indices, padId).inputs(scope);
            ParameterStore store = new ParameterStore(scope, false);
            NDArray logits = model.forward(store, inputs, false).singletonOrThrow();
            float[] values = logits.softmax(-1).toFloatArray();
            int classes = data.labels().size();
            float[][] rows = new float[indices.length][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = Arrays.copyOfRange(values, i * classes, (i + 1) * classes);
            }
            return rows;
        }
    }

    /** Ends the reading ahead. */
    @Override
    public void close() {
        batches.close();
    }
}
