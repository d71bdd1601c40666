package dev.tram.examples.task.texttable;

import dev.tram.core.internal.Arguments;
import java.util.List;

/** How well a classifier did: its confusion table and the calibration of its confidence. */
final class Judgement {

    /** How many bins of confidence there are, as in Guo et al., section 5. */
    private static final int BINS = 15;

    private final long[][] confusion;

    /** Per bin, the sum of the confidences less the number of right predictions. */
    private final double[] surplus = new double[BINS];

    private Judgement(int classes) {
        confusion = new long[classes][classes];
    }

    /**
     * Judges predictions.
     *
     * @param probabilities per example, the probability of each class
     * @param labels per example, its class
     * @param classes the number of classes
     * @return the judgement
     */
    static Judgement of(float[][] probabilities, int[] labels, int classes) {
        if (probabilities.length != labels.length) {
            throw Arguments.rejected("labels", "as many as probabilities", labels.length);
        }
        Judgement judgement = new Judgement(classes);
        for (int i = 0; i < labels.length; i++) {
            int predicted = mostProbable(probabilities[i]);
            float confidence = probabilities[i][predicted];
            judgement.confusion[labels[i]][predicted]++;
            int bin = Math.min(BINS - 1, (int) (confidence * BINS));
            judgement.surplus[bin] += confidence - (predicted == labels[i] ? 1 : 0);
        }
        return judgement;
    }

    /** Returns the judgement of all examples together. */
    static Judgement sum(List<Judgement> parts) {
        int classes = parts.get(0).confusion.length;
        Judgement sum = new Judgement(classes);
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

    /**
     * Returns how many examples of a class were taken for a class.
     *
     * @param label their class
     * @param predicted the class that they were taken for
     * @return the number
     */
    long count(int label, int predicted) {
        return confusion[label][predicted];
    }

    private static int mostProbable(float[] probabilities) {
        int best = 0;
        for (int i = 1; i < probabilities.length; i++) {
            best = probabilities[i] > probabilities[best] ? i : best;
        }
        return best;
    }

    /**
     * Returns the expected calibration error, Σ_b n_b/n · |accuracy_b − confidence_b| over 15 bins
     * of equal width of the confidence, the largest probability (Guo et al., On Calibration of
     * Modern Neural Networks, 2017, equation 3).
     *
     * @return the error in [0, 1], NaN without examples
     */
    double calibrationError() {
        double error = 0;
        for (double bin : surplus) {
            error += Math.abs(bin);
        }
        return error / count();
    }

    /**
     * Returns the number of examples.
     *
     * @return the sum of the table
     */
    long count() {
        long count = 0;
        for (int i = 0; i < confusion.length; i++) {
            count += row(i);
        }
        return count;
    }

    /**
     * Returns the share of right predictions.
     *
     * @return the accuracy in [0, 1], NaN without examples
     */
    double accuracy() {
        long right = 0;
        for (int i = 0; i < confusion.length; i++) {
            right += confusion[i][i];
        }
        return (double) right / count();
    }

    /**
     * Returns the mean of the classes' F1 scores: the harmonic mean of a class's precision and
     * recall, 0 if it is never rightly predicted. Classes that neither occur nor are predicted do
     * not count.
     *
     * @return the macro-F1 in [0, 1], NaN without examples
     */
    double macroF1() {
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
        long sum = 0;
        for (long count : confusion[label]) {
            sum += count;
        }
        return sum;
    }

    private long column(int label) {
        long sum = 0;
        for (long[] row : confusion) {
            sum += row[label];
        }
        return sum;
    }
}
