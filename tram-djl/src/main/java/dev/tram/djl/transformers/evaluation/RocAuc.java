package dev.tram.djl.transformers.evaluation;

import dev.tram.djl.transformers.evaluation.Probabilities.Example;
import java.util.Comparator;
import java.util.List;

/**
 * The area under the receiver operating characteristic, {@code RocAuc}: the probability that an
 * example of a class is given a higher probability of it than one of another class, ties counted
 * half. For two classes it is that of class 1; for more, the mean over the classes, each against
 * the rest, that have examples of both kinds. NaN where there is none.
 */
public final class RocAuc extends StatisticEvaluator {

    /** Creates the evaluator. */
    public RocAuc() {
        super("RocAuc", () -> new Probabilities(RocAuc::of));
    }

    private static double of(List<Example> examples) {
        int classes = examples.isEmpty() ? 0 : examples.get(0).classes();
        double sum = 0;
        int defined = 0;
        for (int i = classes == 2 ? 1 : 0; i < classes; i++) {
            double area = area(examples, i);
            if (!Double.isNaN(area)) {
                sum += area;
                defined++;
            }
        }
        return sum / defined;
    }

    /** By the sum of the positives' ranks (Mann and Whitney, 1947). */
    private static double area(List<Example> examples, int index) {
        List<Example> sorted =
                examples.stream()
                        .sorted(Comparator.comparingDouble(each -> each.probability(index)))
                        .toList();
        double ranks = 0;
        double positives = 0;
        for (int start = 0; start < sorted.size(); ) {
            int end = start;
            int positiveTies = 0;
            float value = sorted.get(start).probability(index);
            while (end < sorted.size() && sorted.get(end).probability(index) == value) {
                positiveTies += sorted.get(end).label() == index ? 1 : 0;
                end++;
            }
            ranks += positiveTies * (start + 1 + end) / 2.0;
            positives += positiveTies;
            start = Math.max(end, start + 1);
        }
        double negatives = sorted.size() - positives;
        return (ranks - positives * (positives + 1) / 2) / (positives * negatives);
    }
}
