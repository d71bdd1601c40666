package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** How well a classifier did: its confusion table and the calibration of its confidence. */
public final class Judgement {

    /** How many bins of confidence there are, as in Guo et al., section 5. */
    private static final int BINS = 15;

    private final String name;
    private final List<String> classes;
    private final long[][] confusion;

    /** Per bin, the sum of the confidences less the number of right predictions. */
    private final double[] surplus = new double[BINS];

    private Judgement(String name, List<String> classes) {
        this.name = name;
        this.classes = List.copyOf(classes);
        confusion = new long[classes.size()][classes.size()];
    }

    /** Judges predictions, a row of probabilities per example, by the examples' classes. */
    public static Judgement of(
            String name, List<String> classes, float[][] probabilities, int[] labels) {
        if (probabilities.length != labels.length) {
            throw Arguments.rejected("labels", "as many as probabilities", labels.length);
        }
        Judgement judgement = new Judgement(name, classes);
        for (int i = 0; i < labels.length; i++) {
            int predicted = mostProbable(probabilities[i]);
            float confidence = probabilities[i][predicted];
            judgement.confusion[labels[i]][predicted]++;
            int bin = Math.min(BINS - 1, (int) (confidence * BINS));
            judgement.surplus[bin] += confidence - (predicted == labels[i] ? 1 : 0);
        }
        return judgement;
    }

    /** Judges the examples of several tests, at least one and of the same classes, together. */
    public static Judgement sum(String name, List<Judgement> parts) {
        Judgement sum = new Judgement(name, parts.get(0).classes);
        int classes = sum.classes.size();
        for (Judgement part : parts) {
            for (int i = 0; i < classes; i++) {
                for (int j = 0; j < classes; j++) {
                    sum.confusion[i][j] += part.confusion[i][j];
                }
            }
            for (int bin = 0; bin < BINS; bin++) {
                sum.surplus[bin] += part.surplus[bin];
            }
        }
        return sum;
    }

    public String name() {
        return name;
    }

    public List<String> classes() {
        return classes;
    }

    /** Returns how many examples of a class were taken for a class. */
    public long count(int label, int predicted) {
        return confusion[label][predicted];
    }

    /** Returns the most probable class, the first of several. */
    static int mostProbable(float... probabilities) {
        int best = 0;
        for (int i = 1; i < probabilities.length; i++) {
            best = probabilities[i] > probabilities[best] ? i : best;
        }
        return best;
    }

    /**
     * Returns the expected calibration error: the mean distance between confidence and accuracy
     * over bins of confidence, weighted by their examples; it is in [0, 1].
     */
    public double calibrationError() {
        double error = 0;
        for (double bin : surplus) {
            error += Math.abs(bin);
        }
        return error / count();
    }

    public long count() {
        return IntStream.range(0, confusion.length).mapToLong(this::row).sum();
    }

    /** Returns the accuracy, the share of right predictions in [0, 1]. */
    public double accuracy() {
        return (double) right() / count();
    }

    /** Returns how many examples were taken for their class. */
    public long right() {
        return IntStream.range(0, confusion.length).mapToLong(i -> confusion[i][i]).sum();
    }

    /**
     * Returns the mean F1 over the classes that are among the labels or the predictions, in [0, 1].
     */
    public double macroF1() {
        double sum = 0;
        int present = 0;
        for (int i = 0; i < confusion.length; i++) {
            if (row(i) + column(i) > 0) {
                sum += 2.0 * confusion[i][i] / (row(i) + column(i));
                present++;
            }
        }
        return sum / present;
    }

    private long row(int label) {
        return LongStream.of(confusion[label]).sum();
    }

    private long column(int label) {
        return Arrays.stream(confusion).mapToLong(row -> row[label]).sum();
    }
}
