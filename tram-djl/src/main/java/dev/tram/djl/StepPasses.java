package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import dev.tram.core.Ascent;
import dev.tram.core.AscentArrays;
import dev.tram.core.MultiTensor;
import dev.tram.core.Neighborhood;
import dev.tram.core.TrustRegion;
import dev.tram.djl.StepClock.Phase;
import dev.tram.djl.internal.engine.GradientMoments;
import dev.tram.djl.internal.engine.Replica;
import java.util.Arrays;
import java.util.Optional;

/**
 * The work of one step on one replica, between the first backward pass and the update: the
 * distance, the ascent, the second pass, the restoration.
 */
final class StepPasses {

    private final TramSettings settings;
    private final Trainer trainer;
    private final PassRunner runner;
    private final TrustRegionTracker tracker;
    private final MultiTensor tensors;
    private final GradientMoments gradientMoments;
    private final StepClock clock;

    StepPasses(
            TramSettings settings,
            Trainer trainer,
            PassRunner runner,
            TrustRegionTracker tracker,
            MultiTensor tensors,
            StepClock clock) {
        this.settings = settings;
        this.trainer = trainer;
        this.runner = runner;
        this.tracker = tracker;
        this.tensors = tensors;
        gradientMoments = new GradientMoments(tensors);
        this.clock = clock;
    }

    /**
     * The buffer that restores θ: θ_{t−1}'s, unless a later batch of the group still needs that.
     */
    String restoreBuffer() {
        boolean shared = tracker.keepsPrevious() && settings.accumulationSteps() == 1;
        return shared ? TrustRegionTracker.PREVIOUS : Replica.RESTORE;
    }

    /** Reads loss, d and the gradient's moments in one go. */
    Evidence evidence(FirstPass pass, boolean ascending) {
        Optional<NDArray> distance =
                ascending
                        ? settings.radiusRegion().flatMap(r -> tracker.distance(r, pass))
                        : Optional.empty();
        try (NDManager scope = pass.borrow(pass.data(), pass.labels(), pass.outputs())) {
            NDArray loss = pass.loss();
            if (loss == null) {
                loss = trainer.getLoss().evaluate(pass.labels(), pass.outputs());
            }
            NDArray positions =
                    settings.validPositions()
                            .map(v -> v.apply(pass.data(), pass.labels()))
                            .orElse(null);
            NDArray penalty = pass.penaltyDistance();
            double[] values =
                    read(
                            loss.sum(),
                            distance.orElseGet(() -> scope.zeros(new Shape())),
                            penalty == null ? scope.zeros(new Shape()) : penalty,
                            clock.time(
                                    Phase.ASCENT, () -> moments(pass.replica(), ascending, scope)),
                            positions == null
                                    ? scope.create((float) distributions(pass))
                                    : positions.toType(DataType.FLOAT32, false).sum());
            boolean byRadius = settings.radiusRegion().isPresent();
            double radiusDistance = byRadius && ascending ? values[1] : Double.NaN;
            double penaltyDistance = settings.penalty().isPresent() ? values[2] : Double.NaN;
            double[] moments = finite(values, 3, pass.replica(), ascending);
            return new Evidence(
                    values[0],
                    byRadius ? radiusDistance : penaltyDistance,
                    radiusDistance,
                    moments[0],
                    moments[1],
                    moments[2],
                    values[6]);
        }
    }

    /** The gradient's moments alone, after it was exchanged between replicas. */
    Evidence moments(Replica replica) {
        try (NDManager scope = replica.manager().newSubManager()) {
            double[] values = finite(read(moments(replica, true, scope)), 0, replica, true);
            return new Evidence(0, 0, 0, values[0], values[1], values[2], 0);
        }
    }

    /** Three of the values read, computed again if they overflowed. */
    private double[] finite(double[] values, int from, Replica replica, boolean ascending) {
        double[] moments = Arrays.copyOfRange(values, from, from + 3);
        if (!ascending) {
            NDList gradients = replica.ascending(replica.gradients());
            moments[0] = gradientMoments.squaredNorm(moments[0], gradients, replica.manager());
            return moments;
        }
        AscentArrays arrays = replica.ascentArrays(cleanGradient(replica));
        Neighborhood neighborhood = settings.ascent().neighborhood();
        return gradientMoments.ascent(moments, neighborhood, arrays, replica.manager());
    }

    private NDArray moments(Replica replica, boolean ascending, NDManager scope) {
        if (!ascending) {
            NDArray squared = tensors.squaredNorm(replica.ascending(replica.gradients()), scope);
            return NDArrays.concat(new NDList(squared.reshape(1), scope.zeros(new Shape(2))));
        }
        NDList g = cleanGradient(replica);
        return tensors.ascentMoments(
                settings.ascent().neighborhood(), replica.ascentArrays(g), scope);
    }

    /** g at x: moved out of the gradient arrays where f has a pass of its own. */
    NDList cleanGradient(Replica replica) {
        return hasFisherPass()
                ? replica.buffer(Replica.CLEAN_GRADIENT).arrays()
                : replica.gradients();
    }

    boolean hasFisherPass() {
        return settings.ascends()
                && settings.noisyFisher().map(fisher -> !fisher.shared()).orElse(false);
    }

    /** TRAM-Fisher's third gradient, at x + z (Algorithm 2). */
    void fisherPass(FirstPass pass) {
        Replica replica = pass.replica();
        tensors.copy(replica.gradients(), replica.buffer(Replica.CLEAN_GRADIENT).arrays());
        replica.zeroGradients();
        try (NDManager scope = pass.borrow(pass.data(), pass.labels())) {
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDList outputs = runner.again(pass, pass.data(), true);
                collector.backward(trainer.getLoss().evaluate(pass.labels(), outputs));
            }
        }
    }

    /** Puts g at x back into the gradient arrays. */
    private void restoreGradient(Replica replica) {
        if (hasFisherPass()) {
            tensors.copy(replica.buffer(Replica.CLEAN_GRADIENT).arrays(), replica.gradients());
        }
    }

    /** A plain step: the gradient at θ is the descent gradient. */
    SecondPass plain(FirstPass pass, Evidence evidence) {
        Replica replica = pass.replica();
        return SecondPass.none(
                0, replica.ascendsWhole() ? evidence.squaredGradient() : squaredGradient(replica));
    }

    /** A plain step instead of an ascent, of which the gradient arrays may hold that at x + z. */
    SecondPass instead(FirstPass pass, double radius) {
        restoreGradient(pass.replica());
        return SecondPass.none(radius, squaredGradient(pass.replica()));
    }

    private double squaredGradient(Replica replica) {
        try (NDManager scope = replica.manager().newSubManager()) {
            double computed = read(tensors.squaredNorm(replica.gradients(), scope))[0];
            return gradientMoments.squaredNorm(computed, replica.gradients(), scope);
        }
    }

    /** Ascends by ε* of the given radius, takes the gradient there and restores θ bit for bit. */
    SecondPass ascend(FirstPass pass, Evidence evidence, double radius) {
        Replica replica = pass.replica();
        Neighborhood neighborhood = settings.ascent().neighborhood();
        double scale = radius / (Math.sqrt(evidence.gradientMetric()) + Ascent.FLOOR);
        AscentArrays arrays = replica.ascentArrays(cleanGradient(replica));
        try (NDManager scope = pass.borrow(pass.data(), pass.labels())) {
            settings.penaltyRegion().ifPresent(region -> completeTarget(region, pass));
            NDArray loss;
            NDArray realised;
            String saved = restoreBuffer();
            clock.run(Phase.ASCENT, () -> replica.ascend(neighborhood, arrays, scale, saved));
            try {
                realised = clock.time(Phase.ASCENT, () -> replica.published(saved, scope));
                replica.zeroGradients();
                loss = descentGradient(pass);
            } finally {
                clock.run(Phase.RESTORE, () -> replica.restore(saved));
            }
            double[] values =
                    read(loss.sum(), realised, tensors.squaredNorm(replica.gradients(), scope));
            return new SecondPass(
                    values[0],
                    radius,
                    scale * Math.sqrt(evidence.squaredDirection()),
                    Math.sqrt(values[1]),
                    gradientMoments.squaredNorm(values[2], replica.gradients(), scope),
                    true);
        }
    }

    /** Forward and backward at θ + ε*, with the first pass's masks, noise and penalty target. */
    private NDArray descentGradient(FirstPass pass) {
        settings.penalty()
                .ifPresent(p -> p.begin(pass.replica().device(), penaltyPass(pass, false)));
        try (GradientCollector collector = trainer.newGradientCollector()) {
            NDList outputs = runner.again(pass, pass.data(), false);
            NDArray loss = trainer.getLoss().evaluate(pass.labels(), outputs);
            collector.backward(loss);
            return loss;
        } finally {
            settings.penalty().ifPresent(p -> p.end(pass.replica().device()));
        }
    }

    /** Where the first pass's target was the model itself, it is p(·|x, θ_t) in the second. */
    private void completeTarget(TrustRegion region, FirstPass pass) {
        if (!(region instanceof TrustRegion.NoisyInput) && pass.penaltyTarget() == null) {
            pass.setPenaltyTarget(pass.keep(runner.estimate(pass).duplicate()));
        }
    }

    /**
     * The penalty of a training pass over this batch.
     *
     * @param noisy whether that pass runs at x + z: the estimate at x then has a pass of its own
     */
    TrustRegionPenalty.Pass penaltyPass(FirstPass pass, boolean noisy) {
        TrustRegionPenalty penalty = settings.penalty().orElseThrow();
        return (taskLoss, labels, predictions) -> {
            NDArray target = penaltyTarget(pass, penalty.trustRegion(), noisy, predictions);
            if (target == null) {
                pass.setPenalty(taskLoss, taskLoss.getManager().zeros(new Shape()));
                return taskLoss;
            }
            NDArray estimate =
                    runner.logits(noisy ? runner.again(pass, pass.data(), false) : predictions);
            TrustRegion region = penalty.trustRegion();
            NDArray d = tracker.divergence(region, target, estimate, pass.data(), labels);
            NDArray penalized = taskLoss.add(d.mul(penalty.weight()));
            pass.setPenalty(penalized, d);
            return penalized;
        };
    }

    /** R3F's target carries gradient; the others' was computed before the first pass. */
    private NDArray penaltyTarget(
            FirstPass pass, TrustRegion region, boolean noisy, NDList predictions) {
        if (!(region instanceof TrustRegion.NoisyInput)) {
            return pass.penaltyTarget();
        }
        return runner.logits(noisy ? predictions : runner.again(pass, pass.data(), true));
    }

    private double distributions(FirstPass pass) {
        Shape shape = runner.logits(pass.outputs()).getShape();
        return shape.dimension() > 1
                ? (double) shape.size() / shape.get(shape.dimension() - 1)
                : Math.max(1, shape.size());
    }

    /** The one host read of several arrays. */
    private static double[] read(NDArray... arrays) {
        NDList flat = new NDList();
        for (NDArray array : arrays) {
            flat.add(array.toType(DataType.FLOAT64, false).reshape(-1));
        }
        return NDArrays.concat(flat).toDoubleArray();
    }
}
