package dev.tram.djl;

import ai.djl.metric.Metrics;
import ai.djl.training.Trainer;
import java.util.List;
import java.util.Optional;

/** What becomes of a batch: its gradient counts, or it is skipped; either is recorded. */
final class BatchOutcome {

    private final TramSettings settings;
    private final Trainer trainer;
    private final StepParts parts;
    private final StepOrder order;
    private final AscentWatch watch = new AscentWatch();
    private final SkipLog skips = new SkipLog();

    private TramStep last;
    private TramStep lastFinite;

    BatchOutcome(TramSettings settings, Trainer trainer, StepParts parts, StepOrder order) {
        this.settings = settings;
        this.trainer = trainer;
        this.parts = parts;
        this.order = order;
    }

    /** The latest batch's record, null before the first. */
    TramStep last() {
        return last;
    }

    /** Adds a batch to its group of accumulated ones, after which it is updated with. */
    void settle(List<BatchPart> batch, StepPlan.Result result) {
        if (result.skipped().isPresent()) {
            skip(batch, result);
        } else {
            keep(result);
        }
    }

    private void keep(StepPlan.Result result) {
        GradientCheck.refuseAllZero(result, parts.run().update());
        parts.run().keep(result.hasAscended());
        boolean complete = parts.update().add(result, parts.plans().remembering(result));
        order.readyToUpdate();
        lastFinite = complete ? result.step() : result.step().withKind(TramStep.Kind.ACCUMULATED);
        watch.observe(lastFinite);
        record(lastFinite);
    }

    /** Overwrites the gradients with 0 and puts running statistics back; nothing else changes. */
    private void skip(List<BatchPart> batch, StepPlan.Result result) {
        batch.forEach(BatchPart::restoreStatistics);
        parts.replicas().zeroGradients();
        if (!parts.plans().remembering(result).isEmpty()) {
            parts.targets().previousStep().ifPresent(PreviousStepTarget::overwritten);
        }
        RunState run = parts.run();
        long number = run.batch();
        run.skip();
        parts.update().add(result, List.of());
        order.readyToUpdate();
        skips.skipped(number, result.skipped().orElseThrow(), result.step());
        record(result.step());
        if (run.skippedInARow() >= settings.maxSkippedSteps()) {
            throw new IllegalStateException(
                    "Training stopped: at most "
                            + (settings.maxSkippedSteps() - 1)
                            + " batches in a row may be skipped, received: "
                            + run.skippedInARow()
                            + "; the last finite step was "
                            + Optional.ofNullable(lastFinite)
                                    .map(TramStep::toString)
                                    .orElse("none"));
        }
    }

    /** Tells of the batches skipped since they were last told of. */
    void tellOfSkipped() {
        skips.tell(parts.run().batch(), parts.run().skipped());
    }

    private void record(TramStep done) {
        last = done;
        parts.outputs().observe(done, parts.run().update());
        Metrics metrics = trainer.getMetrics();
        if (metrics != null) {
            metrics.addMetric("tram_distance", done.distance());
            metrics.addMetric("tram_gradient_norm", done.gradientNorm());
            metrics.addMetric("tram_perturbation_norm", done.perturbationNorm());
            metrics.addMetric("tram_perturbed_loss", done.perturbedLoss());
            metrics.addMetric("tram_relative_rise", done.relativeRise());
        }
        parts.clock().report(metrics);
    }
}
