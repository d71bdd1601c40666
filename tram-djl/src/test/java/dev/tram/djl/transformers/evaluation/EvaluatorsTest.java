package dev.tram.djl.transformers.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.evaluator.Evaluator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Evaluators against values computed by hand. */
class EvaluatorsTest {

    private static final Offset<Float> CLOSE = within(1e-6f);
    private static final String KEY = "test";

    private static final long[] LABELS = {0, 0, 1, 2, 2, 2};
    private static final int[] PREDICTED = {0, 1, 1, 2, 2, 0};

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray logits(int classes, int... predicted) {
        float[] values = new float[predicted.length * classes];
        for (int i = 0; i < predicted.length; i++) {
            values[i * classes + predicted[i]] = 1 + i;
        }
        return manager.create(values, new Shape(predicted.length, classes));
    }

    /** Logits of two classes or more with given probabilities. */
    private NDArray logits(float[]... probabilities) {
        NDArray[] rows = new NDArray[probabilities.length];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = manager.create(probabilities[i]).log().add(i);
        }
        NDList list = new NDList(rows);
        return NDArrays.stack(list);
    }

    private static float[] two(double second) {
        return new float[] {(float) (1 - second), (float) second};
    }

    private float evaluate(Evaluator evaluator, NDArray logits, long... labels) {
        return evaluator
                .evaluate(new NDList(manager.create(labels)), new NDList(logits))
                .getFloat();
    }

    @Test
    void f1() {
        NDArray logits = logits(3, PREDICTED);
        assertThat(evaluate(F1Score.macro(), logits, LABELS))
                .isCloseTo((1 / 2f + 2 / 3f + 4 / 5f) / 3, CLOSE);
        assertThat(evaluate(F1Score.micro(), logits, LABELS)).isCloseTo(4 / 6f, CLOSE);
    }

    @Test
    void aClassThatNeverOccursHasNoF1() {
        NDArray logits = logits(5, PREDICTED);
        assertThat(evaluate(F1Score.macro(), logits, LABELS))
                .isCloseTo((1 / 2f + 2 / 3f + 4 / 5f) / 3, CLOSE);
    }

    @Test
    void matthewsCorrelation() {
        float expected = (float) (12 / Math.sqrt(24 * 22));
        assertThat(evaluate(new MatthewsCorrelation(), logits(3, PREDICTED), LABELS))
                .isCloseTo(expected, CLOSE);
    }

    /** For two classes, (TP TN − FP FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)). */
    @Test
    void matthewsCorrelationOfTwoClasses() {
        float actual =
                evaluate(
                        new MatthewsCorrelation(),
                        logits(2, 1, 1, 1, 0, 0, 0, 1),
                        1,
                        1,
                        0,
                        0,
                        0,
                        0,
                        1);
        assertThat(actual).isCloseTo((float) (9 / Math.sqrt(4 * 3 * 4 * 3)), CLOSE);
        assertThat(evaluate(new MatthewsCorrelation(), logits(2, 1, 1), 0, 1)).isZero();
    }

    @Test
    void rocAuc() {
        NDArray logits = logits(two(0.1), two(0.4), two(0.35), two(0.8));
        assertThat(evaluate(new RocAuc(), logits, 0, 0, 1, 1)).isCloseTo(0.75f, CLOSE);
        assertThat(evaluate(new RocAuc(), logits, 1, 1, 1, 1)).isNaN();
    }

    @Test
    void tiesCountHalf() {
        NDArray equal = manager.ones(new Shape(5, 2));
        assertThat(evaluate(new RocAuc(), equal, 0, 1, 1, 0, 1)).isCloseTo(0.5f, CLOSE);
    }

    /** Class 0: 1 of 2 pairs; class 1: 2 of 2; class 2: 1.5 of 2. */
    @Test
    void rocAucOfThreeClassesIsTheMean() {
        NDArray logits =
                logits(
                        new float[] {0.3f, 0.3f, 0.4f},
                        new float[] {0.2f, 0.5f, 0.3f},
                        new float[] {0.4f, 0.2f, 0.4f});
        assertThat(evaluate(new RocAuc(), logits, 0, 1, 2))
                .isCloseTo((0.5f + 1f + 0.75f) / 3, CLOSE);
    }

    @Test
    void calibrationError() {
        NDArray logits = logits(two(0.625), two(0.625), two(0.125), two(0.125));
        assertThat(evaluate(new CalibrationError(), logits, 1, 0, 0, 0))
                .isCloseTo((2 * 0.125f + 2 * 0.125f) / 4, CLOSE);
        // In a single bin, what is too sure makes up for what is not sure enough.
        assertThat(evaluate(new CalibrationError(1), logits, 1, 0, 0, 0))
                .isCloseTo(Math.abs(3 - 2 * 0.625f - 2 * 0.875f) / 4, CLOSE);
    }

    @Test
    void perplexity() {
        NDArray logits = logits(two(0.5), two(0.125), two(0.9));
        assertThat(evaluate(new Perplexity(), logits.expandDims(0), 0, 1, -100))
                .isCloseTo(4f, CLOSE);
        assertThat(evaluate(new Perplexity(), manager.zeros(new Shape(2, 3, 7)), 0, 1, 2, 3, 4, 5))
                .isCloseTo(7f, within(1e-5f));
    }

    @Test
    void figuresAreOfAllBatchesSinceTheReset() {
        NDArray logits = logits(3, PREDICTED);
        NDArray labels = manager.create(LABELS);
        for (Evaluator evaluator :
                new Evaluator[] {
                    F1Score.macro(),
                    F1Score.micro(),
                    new MatthewsCorrelation(),
                    new RocAuc(),
                    new CalibrationError(),
                    new Perplexity()
                }) {
            evaluator.addAccumulator(KEY);
            evaluator.updateAccumulator(KEY, new NDList(labels), new NDList(logits));
            evaluator.resetAccumulator(KEY);
            for (String range : new String[] {"0:1", "1:6"}) {
                evaluator.updateAccumulator(
                        KEY, new NDList(labels.get(range)), new NDList(logits.get(range)));
            }
            assertThat(evaluator.getAccumulator(KEY))
                    .as(evaluator.getName())
                    .isCloseTo(evaluate(evaluator, logits, LABELS), CLOSE);
            evaluator.resetAccumulator(KEY);
            assertThat(evaluator.getAccumulator(KEY)).as(evaluator.getName()).isNaN();
        }
    }

    @Test
    void negativeLabelsDoNotCount() {
        NDArray logits = logits(3, 0, 1, 1, 2, 2, 0, 1, 2);
        for (Evaluator evaluator :
                new Evaluator[] {
                    F1Score.macro(), new MatthewsCorrelation(), new RocAuc(), new CalibrationError()
                }) {
            float expected = evaluate(evaluator, logits.get("0:6"), LABELS);
            assertThat(evaluate(evaluator, logits, 0, 0, 1, 2, 2, 2, -100, -1))
                    .as(evaluator.getName())
                    .isEqualTo(expected);
        }
    }

    @Test
    void whatDoesNotFitIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> evaluate(F1Score.macro(), logits(3, PREDICTED), 0, 1))
                .withMessageContaining("MacroF1")
                .withMessageContaining("(2)")
                .withMessageContaining("(6, 3)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> evaluate(F1Score.macro(), logits(3, 0), 3))
                .withMessageContaining("less than the number of classes 3, received: 3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> evaluate(new RocAuc(), manager.zeros(new Shape(2, 1)), 0, 0))
                .withMessageContaining("two classes or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CalibrationError(0))
                .withMessageContaining("received: 0");
    }
}
