package dev.tram.experiments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** A task whose examples belong to classes: softmax cross-entropy, accuracy in percent. */
public abstract class ClassificationTask implements Task {

    private final LabelledData data;

    /**
     * A task of all data.
     *
     * @throws IllegalArgumentException if a class has fewer examples than are to be kept
     */
    protected ClassificationTask(LabelledData data) {
        data.labels().requireFit(data.training(), data.classes());
        this.data = data;
    }

    /** A task as a run has it. */
    protected ClassificationTask(ClassificationTask all, long seed, boolean judgedByNoisyLabels) {
        data = all.data.ofRun(seed, judgedByNoisyLabels);
    }

    @Override
    public final String name() {
        return data.name();
    }

    /** Returns the classes' names; a label is a place among them. */
    public final List<String> classes() {
        return data.classes();
    }

    @Override
    public final Examples training() {
        return data.training();
    }

    @Override
    public final Examples validation() {
        return data.validation();
    }

    @Override
    public final List<TestSet> tests() {
        return data.tests();
    }

    /**
     * Returns how much is judged together: the most that a batch costs, see {@link Inference#rows}.
     */
    protected abstract int budget();

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public String unit() {
        return "accuracy in %";
    }

    @Override
    public Measure validationMeasure() {
        return Measure.higher("validation", "validation accuracy, %");
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        return accuracy(model, validation(), validation().items(), manager);
    }

    @Override
    public List<Measure> measures() {
        return tests().stream().map(test -> Measure.higher(test.name(), test.name())).toList();
    }

    @Override
    public Scores score(TransformerModel model, NDManager manager) {
        Map<String, Double> accuracies = new LinkedHashMap<>();
        judge(model, manager).forEach(judged -> accuracies.put(judged.name(), percent(judged)));
        return Scores.of(accuracies);
    }

    @Override
    public OptionalInt testSize() {
        String judged = summary().name();
        TestSet test =
                tests().stream()
                        .filter(each -> each.name().equals(judged))
                        .findFirst()
                        .orElse(tests().get(0));
        return OptionalInt.of(test.examples().size());
    }

    private static double percent(Judgement judged) {
        return 100.0 * judged.right() / judged.count();
    }

    /** Judges a model on all tests. Returns a judgement per test. */
    protected final List<Judgement> judge(TransformerModel model, NDManager manager) {
        return tests().stream()
                .map(test -> judge(model, test, test.examples().items(), manager))
                .toList();
    }

    private Judgement judge(TransformerModel model, TestSet test, int[] chosen, NDManager manager) {
        return Judgement.of(
                test.name(),
                classesOf(test),
                probabilities(model, test, chosen, manager),
                IntStream.of(chosen).map(test.examples()::label).toArray());
    }

    /** Returns the accuracy on some examples in percent. */
    protected final double accuracy(
            TransformerModel model, Examples examples, int[] chosen, NDManager manager) {
        return percent(judge(model, TestSet.seen("", examples), chosen, manager));
    }

    /** Returns a test's classes: those that are trained, unless a task has tests of others. */
    protected List<String> classesOf(TestSet test) {
        return classes();
    }

    /** Returns the probability of each class, a row per chosen example. */
    public final float[][] probabilities(
            TransformerModel model, TestSet test, int[] chosen, NDManager manager) {
        return Inference.rows(
                test.examples(),
                chosen,
                budget(),
                manager,
                batch -> logits(model, test, batch.getData()).softmax(-1));
    }

    /** Runs the model on a batch of a test. Returns a row of logits per example. */
    protected NDArray logits(TransformerModel model, TestSet test, NDList inputs) {
        ParameterStore store = new ParameterStore(inputs.head().getManager(), false);
        return model.forward(store, inputs, false).singletonOrThrow();
    }

    /** Shows a few examples, spread evenly over the first test, and what they were taken for. */
    protected final Illustrations pictures(
            TransformerModel model,
            NDManager manager,
            int count,
            IntFunction<BufferedImage> pictures) {
        TestSet test = tests().get(0);
        int[] chosen = test.examples().spread(count);
        float[][] found = probabilities(model, test, chosen, manager);
        List<Prediction> predictions = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            String truth = classes().get(test.examples().label(chosen[i]));
            String predicted = classes().get(Judgement.mostProbable(found[i]));
            predictions.add(new Prediction(pictures.apply(chosen[i]), truth, predicted));
        }
        return new Illustrations(predictions, List.of());
    }
}
