package dev.tram.djl;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** Means over the replicas of a batch, weighted by valid positions. */
record StepSummary(List<Evidence> evidence) {

    double[] positions() {
        return evidence.stream().mapToDouble(Evidence::positions).toArray();
    }

    double totalPositions() {
        return evidence.stream().mapToDouble(Evidence::positions).sum();
    }

    double distance() {
        return mean(evidence, Evidence::distance);
    }

    /** What is known of a step that ended after its first pass. */
    TramStep firstOnly() {
        return new TramStep(
                mean(evidence, Evidence::loss),
                Double.NaN,
                distance(),
                Double.NaN,
                gradientNorm(),
                Double.NaN,
                Double.NaN,
                TramStep.Kind.SKIPPED);
    }

    TramStep step(List<SecondPass> second) {
        return new TramStep(
                mean(evidence, Evidence::loss),
                mean(second, SecondPass::perturbedLoss),
                distance(),
                mean(second, SecondPass::radius),
                gradientNorm(),
                mean(second, SecondPass::perturbationNorm),
                mean(second, SecondPass::realisedNorm),
                TramStep.Kind.ASCENDED);
    }

    private double gradientNorm() {
        return mean(evidence, e -> Math.sqrt(e.squaredGradient()));
    }

    private <T> double mean(List<T> items, ToDoubleFunction<T> figure) {
        double total = totalPositions();
        double sum = 0;
        for (int i = 0; i < items.size(); i++) {
            double share = items.size() == 1 ? 1 : evidence.get(i).positions() / total;
            sum += share * figure.applyAsDouble(items.get(i));
        }
        return sum;
    }
}
