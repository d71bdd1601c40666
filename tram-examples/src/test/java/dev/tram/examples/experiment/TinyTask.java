package dev.tram.examples.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.translate.Batchifier;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.TransformerModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/** A very small language model that repeats its input; its validation figures are given. */
final class TinyTask implements Task {

    private static final int EXAMPLES = 12;
    private static final int LENGTH = 4;
    private static final int VOCABULARY = 7;

    private final IntToDoubleFunction figures;

    /** The weights of the model at each validation. */
    final List<float[]> validated = new ArrayList<>();

    /**
     * Describes the task.
     *
     * @param figures the figure of each validation, counted from 1; less is better
     */
    TinyTask(IntToDoubleFunction figures) {
        this.figures = figures;
    }

    @Override
    public String target() {
        return "tiny";
    }

    @Override
    public List<Measure> measures() {
        return List.of(Measure.higher("sum", "sum"));
    }

    @Override
    public Measure validation() {
        return Measure.lower("validation", "validation");
    }

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) {
        TransformerModel model =
                Gpt2Config.of(VOCABULARY, LENGTH, 8, 1, 2).withDropout(0).newBlock();
        model.initialize(manager, seed);
        return model;
    }

    @Override
    public Batch batch(NDManager manager, long seed, int step, int size) {
        long[] ids = new long[size * LENGTH];
        int row = 0;
        for (int example : new ShuffledStream(EXAMPLES, seed).batch(step, size)) {
            for (int i = 0; i < LENGTH; i++) {
                ids[row * LENGTH + i] = Math.floorMod(example + i * i, VOCABULARY);
            }
            row++;
        }
        Shape shape = new Shape(size, LENGTH);
        return new Batch(
                manager,
                new NDList(manager.create(ids, shape)),
                new NDList(manager.create(ids, new Shape(size, LENGTH, 1))),
                size,
                Batchifier.STACK,
                Batchifier.STACK,
                0,
                0);
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        validated.add(weights(model));
        return figures.applyAsDouble(validated.size());
    }

    @Override
    public Evaluation evaluate(TransformerModel model, NDManager manager) {
        double sum = 0;
        for (float weight : weights(model)) {
            sum += weight;
        }
        return new Evaluation(Map.of("sum", sum), Map.of("sum", new double[] {sum, sum + 1}));
    }

    /** All weights, one after the other. */
    static float[] weights(TransformerModel model) {
        List<float[]> arrays = new ArrayList<>();
        int size = 0;
        for (var parameter : model.getParameters().values()) {
            NDArray array = parameter.getArray();
            arrays.add(array.toFloatArray());
            size += (int) array.size();
        }
        float[] weights = new float[size];
        int position = 0;
        for (float[] array : arrays) {
            System.arraycopy(array, 0, weights, position, array.length);
            position += array.length;
        }
        return weights;
    }
}
