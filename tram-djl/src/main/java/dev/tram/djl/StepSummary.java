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

    /** d of the radius's trust region, NaN where the radius needs none. */
    double radiusDistance() {
        return mean(evidence, Evidence::radiusDistance);
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
            double share = total == 0 ? 1.0 / items.size() : evidence.get(i).positions() / total;
            sum += share * figure.applyAsDouble(items.get(i));
        }
        return sum;
    }
}
