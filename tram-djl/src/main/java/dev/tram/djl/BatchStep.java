package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import dev.tram.core.MultiTensor;
import dev.tram.core.Radius;
import dev.tram.core.RunningMean;
import dev.tram.djl.internal.engine.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What happens to a batch on all devices between the first backward pass and the update: evidence,
 * radius, ascent and second pass, and the mean of the descent gradients.
 */
final class BatchStep {

    private final TramSettings settings;
    private final StepPasses passes;
    private final DescentGradient descent;
    private final MultiTensor tensors;

    /**
     * What became of a batch.
     *
     * @param step its figures
     * @param ascended the replicas that ascended, which remember θ
     * @param skipped why the batch is skipped, if it is
     * @param positions how many distributions the batch counts for
     * @param meanDistance the running mean of the radius's d, this step's included unless skipped
     * @param squaredGradient g′ᵀg′ of the mean descent gradient, NaN where it was not measured
     */
    record Outcome(
            TramStep step,
            List<Replica> ascended,
            Optional<String> skipped,
            double positions,
            double squaredGradient,
            RunningMean meanDistance) {

        static Outcome skipped(
                TramStep step, List<Replica> ascended, String why, RunningMean mean) {
            return new Outcome(step, ascended, Optional.of(why), 0, Double.NaN, mean);
        }
    }

    BatchStep(
            TramSettings settings,
            StepPasses passes,
            DescentGradient descent,
            MultiTensor tensors) {
        this.settings = settings;
        this.passes = passes;
        this.descent = descent;
        this.tensors = tensors;
    }

    /**
     * Takes the step up to its update.
     *
     * @param batchPasses the first passes, one per device
     * @param first the replica that gets the mean descent gradient
     * @param ascending whether this step may ascend
     * @param meanDistance the running mean of the radius's d before this step; not changed
     */
    Outcome run(
            List<FirstPass> batchPasses,
            Replica first,
            boolean ascending,
            RunningMean meanDistance) {
        if (ascending && passes.hasFisherPass()) {
            batchPasses.forEach(passes::fisherPass);
        }
        List<FirstPass> parts = new ArrayList<>(batchPasses);
        List<Evidence> evidence = evidence(parts, ascending);
        StepSummary summary = new StepSummary(evidence);
        if (!evidence.stream().allMatch(Evidence::isFinite)) {
            return Outcome.skipped(summary.firstOnly(), List.of(), "not finite", meanDistance);
        }
        if (summary.totalPositions() == 0) {
            return Outcome.skipped(
                    summary.firstOnly(), List.of(), "no valid position", meanDistance);
        }
        RunningMean mean = including(meanDistance, summary);
        List<SecondPass> second = new ArrayList<>();
        List<Replica> ascended = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            FirstPass part = parts.get(i);
            SecondPass pass =
                    ascending
                            ? ascent(part, evidence.get(i), mean)
                            : passes.plain(part, evidence.get(i));
            second.add(pass);
            if (pass.ascended()) {
                ascended.add(part.replica());
            }
        }
        if (!second.stream().allMatch(SecondPass::isFinite)) {
            return Outcome.skipped(summary.step(second), ascended, "not finite", meanDistance);
        }
        descent.averageDevices(parts, summary.positions(), first);
        return new Outcome(
                summary.step(second),
                ascended,
                Optional.empty(),
                summary.totalPositions(),
                second.size() == 1 ? second.get(0).squaredGradient() : Double.NaN,
                mean);
    }

    /** The ascent and what follows it, or a plain step where the radius or the gradient is 0. */
    private SecondPass ascent(FirstPass part, Evidence evidence, RunningMean mean) {
        double radius = radius(evidence, mean);
        return radius > 0 && evidence.canAscend()
                ? passes.ascend(part, evidence, radius)
                : passes.instead(part, radius);
    }

    /** The mean with this step's d of the radius, if there is one. */
    private static RunningMean including(RunningMean meanDistance, StepSummary summary) {
        RunningMean mean = new RunningMean(meanDistance.sum(), meanDistance.weight());
        if (Double.isFinite(summary.radiusDistance())) {
            mean.add(summary.radiusDistance());
        }
        return mean;
    }

    /** Measures each part of the batch; parts that do not count are taken out of the list. */
    private List<Evidence> evidence(List<FirstPass> parts, boolean ascending) {
        List<Evidence> evidence = new ArrayList<>();
        for (FirstPass part : parts) {
            evidence.add(passes.evidence(part, ascending));
        }
        if (new StepSummary(evidence).totalPositions() > 0) {
            dropEmpty(parts, evidence);
        }
        if (ascending && settings.syncedAscent() && parts.size() > 1) {
            synchronise(parts, evidence);
        }
        return evidence;
    }

    /** A part without a valid position counts for nothing, whatever its mean over none is. */
    private static void dropEmpty(List<FirstPass> parts, List<Evidence> evidence) {
        for (int i = parts.size() - 1; i >= 0; i--) {
            if (evidence.get(i).positions() == 0) {
                parts.remove(i).replica().zeroGradients();
                evidence.remove(i);
            }
        }
    }

    /** The same gradient and distance on all replicas, hence the same ε*. */
    private void synchronise(List<FirstPass> batchPasses, List<Evidence> evidence) {
        StepSummary summary = new StepSummary(evidence);
        synchronise(batchPasses, summary, Replica::gradients);
        if (passes.hasFisherPass()) {
            synchronise(batchPasses, summary, passes::cleanGradient);
        }
        double distance = summary.radiusDistance();
        for (int i = 0; i < evidence.size(); i++) {
            Evidence moments = passes.moments(batchPasses.get(i).replica());
            evidence.set(i, evidence.get(i).withGradient(moments).withRadiusDistance(distance));
        }
    }

    private void synchronise(
            List<FirstPass> batchPasses, StepSummary summary, Function<Replica, NDList> arrays) {
        Replica first = batchPasses.get(0).replica();
        descent.averageDevices(batchPasses, summary.positions(), first, arrays);
        for (FirstPass pass : batchPasses) {
            if (pass.replica() != first) {
                pass.replica().take(first, arrays);
            }
        }
    }

    /** The radius, 0 where it needs a distance that is not finite. */
    private double radius(Evidence evidence, RunningMean meanDistance) {
        Radius radius = settings.ascent().radius();
        boolean measured =
                radius.trustRegion().isEmpty() || Double.isFinite(evidence.radiusDistance());
        return measured ? radius.value(evidence.radiusDistance(), meanDistance) : 0;
    }

    /** Undoes what the first passes did to the running statistics. */
    void restoreStatistics(List<FirstPass> batchPasses) {
        for (FirstPass pass : batchPasses) {
            for (Map.Entry<Parameter, NDArray> entry : pass.statistics().entrySet()) {
                NDArray live = pass.store().getValue(entry.getKey(), pass.replica().device(), true);
                tensors.copy(new NDList(entry.getValue()), new NDList(live));
            }
        }
    }
}
