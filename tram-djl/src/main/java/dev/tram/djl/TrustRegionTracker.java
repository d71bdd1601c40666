package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.Divergence;
import dev.tram.core.MultiTensor;
import dev.tram.core.TrustRegion;
import dev.tram.djl.StepClock.Phase;
import dev.tram.djl.internal.engine.Replica;
import dev.tram.djl.internal.engine.ThetaBuffer;
import dev.tram.djl.pytorch.StreamedDivergence;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps the parameters θ_{t−1}, θ_0 and θ̄ that the trust regions compare with, and measures the
 * distance d to them.
 */
final class TrustRegionTracker {

    static final String PREVIOUS = "previous";

    private static final String AVERAGE = "average-";

    private static final double MODE_TOLERANCE = 1e-4;

    private final TramSettings settings;
    private final PassRunner runner;
    private final MultiTensor tensors;
    private final StepClock clock;
    private final List<TrustRegion> regions;

    private final Map<Replica, PretrainedLogits> cached = new HashMap<>();
    private final Map<Divergence, Divergence> divergences = new HashMap<>();

    private Boolean modesAgree;
    private long modesCheckedAt;
    private boolean previousDiffers;
    private boolean updated;

    TrustRegionTracker(
            TramSettings settings, PassRunner runner, MultiTensor tensors, StepClock clock) {
        this.settings = settings;
        this.runner = runner;
        this.tensors = tensors;
        this.clock = clock;
        regions = settings.regions();
    }

    boolean keepsPrevious() {
        return regions.stream().anyMatch(TrustRegion.PreviousStep.class::isInstance);
    }

    /** What of this outlives a step beside the buffers, for a checkpoint. */
    Map<String, String> toTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("updated", Boolean.toString(updated));
        texts.put("previous_differs", Boolean.toString(previousDiffers));
        texts.put("modes_agree", modesAgree == null ? "unknown" : modesAgree.toString());
        texts.put("modes_checked_at", Long.toString(modesCheckedAt));
        return texts;
    }

    void resume(Map<String, String> texts) {
        updated = Boolean.parseBoolean(texts.get("updated"));
        previousDiffers = Boolean.parseBoolean(texts.get("previous_differs"));
        String agree = texts.get("modes_agree");
        modesAgree = agree.equals("unknown") ? null : Boolean.valueOf(agree);
        modesCheckedAt = Long.parseLong(texts.get("modes_checked_at"));
    }

    /** Takes θ_0 and the first θ̄ before the first batch. */
    void beforeBatch(Replica replica) {
        for (TrustRegion region : regions) {
            if (!(region instanceof TrustRegion.NoisyInput)) {
                replica.buffer(bufferName(region));
            }
        }
    }

    /** After a step whose θ_t is remembered as the previous one: an update, or none. */
    void afterStep(boolean update) {
        previousDiffers = update;
        updated |= update;
    }

    /** Moves the averages towards the updated parameters: one that two regions share, once. */
    void averageInto(Replica replica) {
        regions.stream()
                .filter(TrustRegion.MovingAverage.class::isInstance)
                .map(region -> ((TrustRegion.MovingAverage) region).decay())
                .distinct()
                .forEach(
                        decay -> {
                            NDList average = replica.buffer(AVERAGE + decay).arrays();
                            tensors.average(average, replica.theta(), decay);
                        });
    }

    /**
     * The target's logits on the whole batch, kept until the step ends; empty while the target is
     * the model itself.
     */
    Optional<NDArray> target(TrustRegion region, FirstPass pass) {
        if (isModelItself(region)) {
            return Optional.empty();
        }
        return Optional.of(clock.time(Phase.DISTANCE, () -> wholeTarget(region, pass)));
    }

    /** d, a scalar kept until the step ends; empty for 0 while the target is the model itself. */
    Optional<NDArray> distance(TrustRegion region, FirstPass pass) {
        if (isModelItself(region)) {
            return Optional.empty();
        }
        return Optional.of(clock.time(Phase.DISTANCE, () -> measured(region, pass)));
    }

    private NDArray wholeTarget(TrustRegion region, FirstPass pass) {
        try (NDManager scope = pass.borrow(pass.data(), pass.labels())) {
            return pass.keep(targetLogits(region, pass, pass.data(), settings.replayDropout()));
        }
    }

    private NDArray measured(TrustRegion region, FirstPass pass) {
        try (NDManager scope = pass.borrow(pass.data(), pass.labels(), pass.outputs())) {
            return pass.keep(
                    settings.trustRegionFraction() < 1f
                            ? fractionDistance(region, pass)
                            : wholeDistance(region, pass));
        }
    }

    /** The divergence over the valid positions of a pass. */
    NDArray divergence(
            TrustRegion region, NDArray target, NDArray estimate, NDList data, NDList labels) {
        Divergence divergence =
                divergences.computeIfAbsent(
                        region.divergence(),
                        portable -> StreamedDivergence.of(portable, estimate.getManager()));
        return settings.validPositions()
                .map(valid -> divergence.between(target, estimate, valid.apply(data, labels)))
                .orElseGet(() -> divergence.between(target, estimate));
    }

    private NDArray wholeDistance(TrustRegion region, FirstPass pass) {
        boolean known = region instanceof TrustRegion.NoisyInput && pass.isNoisy();
        NDArray target =
                known
                        ? runner.logits(pass.outputs())
                        : targetLogits(region, pass, pass.data(), settings.replayDropout());
        NDArray estimate = runner.estimate(pass);
        return divergence(region, target, estimate, pass.data(), pass.labels());
    }

    /**
     * Two passes in evaluation mode over the first ⌈fB⌉ examples: no dropout mask fits part of a
     * batch.
     */
    private NDArray fractionDistance(TrustRegion region, FirstPass pass) {
        long size = pass.data().head().getShape().get(0);
        long rows = (long) Math.ceil(settings.trustRegionFraction() * size);
        NDList data = firstRows(pass.data(), rows, size);
        NDList labels = firstRows(pass.labels(), rows, size);
        NDArray target = targetLogits(region, pass, data, false);
        checkRows("optTrustRegionFraction", "logits", target, rows);
        return divergence(region, target, fractionEstimate(pass, data, rows), data, labels);
    }

    /** Refuses outputs of which it is not known which rows belong to which example. */
    static void checkRows(String option, String name, NDArray outputs, long examples) {
        Shape shape = outputs.getShape();
        if (shape.dimension() == 0 || shape.get(0) != examples) {
            throw new IllegalStateException(
                    option
                            + " needs "
                            + name
                            + " whose first axis is the batch (see optLogits), received: "
                            + name
                            + " of shape "
                            + shape
                            + " for "
                            + examples
                            + " examples");
        }
    }

    private NDArray fractionEstimate(FirstPass pass, NDList data, long rows) {
        if (!pass.isNoisy()) {
            NDArray first = runner.logits(pass.outputs()).get(new NDIndex(":" + rows));
            if (evaluationEqualsTraining(pass, data, () -> first)) {
                return first;
            }
        }
        return runner.liveLogits(pass, data, false, false);
    }

    /**
     * Whether the model gives the same logits in both modes, as one without dropout and batch
     * normalisation does; found out on the given part of a batch. A branch whose weights are 0 at
     * first hides its dropout, so that agreement is found out anew until the first update and then
     * after ever more batches: 1, 3, 7, 15, …
     */
    private boolean evaluationEqualsTraining(
            FirstPass pass, NDList data, Supplier<NDArray> training) {
        if (modesAgree == null || (modesAgree && pass.batch() > 2 * modesCheckedAt)) {
            NDArray trained = training.get();
            NDArray evaluated = runner.liveLogits(pass, data, false, false);
            double largest = trained.abs().max().toType(DataType.FLOAT64, false).getDouble();
            double difference =
                    evaluated.sub(trained).abs().max().toType(DataType.FLOAT64, false).getDouble();
            modesAgree = difference <= MODE_TOLERANCE * (1 + largest);
            modesCheckedAt = updated ? pass.batch() : -1;
        }
        return modesAgree;
    }

    private static NDList firstRows(NDList arrays, long rows, long size) {
        NDList part = new NDList();
        for (NDArray array : arrays) {
            boolean batched = array.getShape().dimension() > 0 && array.getShape().get(0) == size;
            part.add(batched ? array.get(new NDIndex(":" + rows)) : array);
        }
        return part;
    }

    private NDArray targetLogits(
            TrustRegion region, FirstPass pass, NDList data, boolean training) {
        if (region instanceof TrustRegion.NoisyInput) {
            return runner.liveLogits(pass, data, true, training);
        }
        ThetaBuffer buffer = pass.replica().buffer(bufferName(region));
        if (region instanceof TrustRegion.Pretrained && settings.pretrainedCache().isPresent()) {
            return cachedLogits(pass, data, buffer, training);
        }
        return runner.targetLogits(pass, data, buffer, training);
    }

    private NDArray cachedLogits(
            FirstPass pass, NDList data, ThetaBuffer buffer, boolean training) {
        if (training && !evaluationEqualsTraining(pass, data, () -> runner.estimate(pass))) {
            throw new IllegalStateException(
                    "optPretrainedCache needs a model without dropout, or optReplayDropout(false):"
                            + " under replayed masks the pretrained outputs differ from step to"
                            + " step, received: a model whose training and evaluation modes"
                            + " differ");
        }
        return cached.computeIfAbsent(pass.replica(), this::pretrained)
                .logits(pass, data, buffer, training);
    }

    private PretrainedLogits pretrained(Replica replica) {
        return new PretrainedLogits(runner, replica.manager(), settings.pretrainedCache().get());
    }

    private boolean isModelItself(TrustRegion region) {
        if (region instanceof TrustRegion.NoisyInput) {
            return false;
        }
        return region instanceof TrustRegion.PreviousStep ? !previousDiffers : !updated;
    }

    private static String bufferName(TrustRegion region) {
        if (region instanceof TrustRegion.MovingAverage average) {
            return AVERAGE + average.decay();
        }
        return region instanceof TrustRegion.PreviousStep ? PREVIOUS : "pretrained";
    }
}
