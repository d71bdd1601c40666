package dev.tram.experiments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

    /** What each run asked for of the labels that it is judged by. */
    final List<Boolean> judgedByNoisyLabels = new ArrayList<>();

    /**
     * Describes the task.
     *
     * @param figures the figure of each validation, counted from 1; less is better
     */
    TinyTask(IntToDoubleFunction figures) {
        this.figures = figures;
    }

    /** An experiment of this task. */
    static ExperimentConfig config(List<String> methods, int seeds, Protocol protocol) {
        return new ExperimentConfig(
                "tiny",
                "tiny",
                Map.of(),
                "cpu",
                methods,
                seeds,
                "",
                protocol,
                MethodSettings.PAPER);
    }

    /** A protocol with other values of some keys of config.json. */
    static Protocol protocol(int steps, int batch, float learningRate, Map<String, Object> others) {
        ObjectNode json = Json.MAPPER.valueToTree(Protocol.of(steps, batch, learningRate));
        json.setAll((ObjectNode) Json.MAPPER.valueToTree(others));
        return Json.MAPPER.convertValue(json, Protocol.class);
    }

    @Override
    public TinyTask ofRun(long seed, boolean noisyLabels) {
        judgedByNoisyLabels.add(noisyLabels);
        return this;
    }

    @Override
    public String name() {
        return "tiny";
    }

    @Override
    public String unit() {
        return "sum";
    }

    @Override
    public List<Measure> measures() {
        return List.of(Measure.higher("sum", "sum"));
    }

    @Override
    public Measure validationMeasure() {
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
    public Examples training() {
        return new Examples() {
            @Override
            public int size() {
                return EXAMPLES;
            }

            @Override
            public Prepared prepare(int... items) {
                return manager -> batch(manager, items);
            }
        };
    }

    @Override
    public Examples validation() {
        return training();
    }

    @Override
    public List<TestSet> tests() {
        return List.of();
    }

    private static Batch batch(NDManager manager, int... items) {
        long[] ids = new long[items.length * LENGTH];
        for (int row = 0; row < items.length; row++) {
            for (int i = 0; i < LENGTH; i++) {
                ids[row * LENGTH + i] = Math.floorMod(items[row] + i * i, VOCABULARY);
            }
        }
        Shape shape = new Shape(items.length, LENGTH);
        return Batches.of(
                manager,
                new NDList(manager.create(ids, shape)),
                new NDList(manager.create(ids, new Shape(items.length, LENGTH, 1))),
                items.length);
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        validated.add(weights(model));
        return figures.applyAsDouble(validated.size());
    }

    @Override
    public Scores score(TransformerModel model, NDManager manager) {
        double sum = 0;
        for (float weight : weights(model)) {
            sum += weight;
        }
        return new Scores(Map.of("sum", sum), Map.of("sum", new double[] {sum, sum + 1}));
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
