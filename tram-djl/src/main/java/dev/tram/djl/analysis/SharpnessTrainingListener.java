package dev.tram.djl.analysis;

import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;
import dev.tram.core.analysis.EpsilonSharpness;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.internal.ObservedStep;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Measures, every N updates, how flat the loss is and how far the model has moved: ε-sharpness, the
 * distances d of all trust regions, and ‖ε*‖ of the update under way.
 *
 * <pre>{@code
 * config.addTrainingListeners(tram.listener())
 *         .addTrainingListeners(
 *                 SharpnessTrainingListener.builder().setDataset(sample).setInterval(100).build());
 * }</pre>
 *
 * <p>The figures go to the trainer's {@link Metrics}, if it has any, as {@code epsilon_sharpness},
 * {@code distance_previous_step}, {@code distance_pretrained}, {@code distance_moving_average},
 * {@code distance_noisy_input} and {@code perturbation_norm} (of a {@link TramOptimizer} only); the
 * latest are {@link #latest()}. Sharpness and distances are means over the listener's own dataset,
 * in evaluation mode, at the parameters before the update.
 *
 * <p>It works with any optimizer, and beside a {@link TramOptimizer} it is added after {@code
 * tram.listener()}. Weights, gradients and running statistics stay bit for bit, and Gaussian and
 * uniform noise of {@code noisyInput} comes from a generator of the listener's own, so training
 * does not change. Only a dataset that shuffles draws from the generator that orders the training
 * data, and your own noise may draw from the engine's, which draws the dropout masks of optimizers
 * other than {@code TramOptimizer}. It measures on the first device. θ_0, θ_{t−1} and θ̄ cost a
 * copy of the trained parameters each; θ_0 are the parameters at the first batch.
 */
public final class SharpnessTrainingListener extends TrainingListenerAdapter {

    private final Dataset dataset;
    private final int interval;
    private final EpsilonSharpness sharpness;
    private final List<TrustRegion> regions;
    private final Function<NDList, NDArray> logits;
    private final BiFunction<NDList, NDList, NDArray> validPositions;

    private Trainer served;
    private RegionDistances distances;
    private long step;
    private Measurement latest;

    private SharpnessTrainingListener(Builder builder) {
        dataset = builder.dataset;
        interval = builder.interval;
        sharpness = builder.sharpness;
        regions = builder.regions;
        logits = builder.logits;
        validPositions = builder.validPositions;
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns the latest measurement.
     *
     * @return the measurement, if there was one
     */
    public Optional<Measurement> latest() {
        return Optional.ofNullable(latest);
    }

    @Override
    public void onTrainingBegin(Trainer trainer) {
        if (served != null) {
            throw new IllegalStateException(
                    "A SharpnessTrainingListener serves one trainer at a time: close the first"
                            + " trainer or build a second listener, received: a second trainer for"
                            + " model "
                            + trainer.getModel().getName());
        }
        served = trainer;
        step = 0;
        latest = null;
    }

    @Override
    public void onTrainingBatch(Trainer trainer, BatchData batchData) {
        Optional<ObservedStep> observed = observed(trainer);
        long current = observed.map(ObservedStep::step).orElse(step + 1);
        if (current == step) {
            // a later batch of an accumulated group
            return;
        }
        step = current;
        if (distances == null) {
            distances = new RegionDistances(trainer, regions, logits);
        }
        distances.follow();
        if (step % interval == 0) {
            double norm = observed.map(ObservedStep::perturbationNorm).orElse(Double.NaN);
            latest = measure(trainer, norm);
            write(trainer.getMetrics());
        }
        if ((step + 1) % interval == 0) {
            distances.rememberPrevious();
        }
    }

    private static Optional<ObservedStep> observed(Trainer trainer) {
        if (trainer.getModel().getBlock() instanceof ObservedStep observed) {
            if (!observed.isBatchComplete()) {
                throw new IllegalStateException(
                        "SharpnessTrainingListener must be added after tram.listener(), received: a"
                                + " configuration with it before");
            }
            return Optional.of(observed);
        }
        return Optional.empty();
    }

    private Measurement measure(Trainer trainer, double perturbationNorm) {
        ModelObjective.Builder builder = ModelObjective.builder(trainer).setDataset(dataset);
        if (validPositions != null) {
            builder.optValidPositions(validPositions);
        }
        try (ModelObjective objective = builder.build()) {
            return new Measurement(
                    step,
                    sharpness.measure(objective).value(),
                    distances.measure(objective.batches()),
                    perturbationNorm);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the sharpness was measured", e);
        }
    }

    private void write(Metrics metrics) {
        if (metrics == null) {
            return;
        }
        metrics.addMetric("epsilon_sharpness", latest.sharpness());
        latest.distances().forEach((name, d) -> metrics.addMetric("distance_" + name, d));
        if (!Double.isNaN(latest.perturbationNorm())) {
            metrics.addMetric("perturbation_norm", latest.perturbationNorm());
        }
    }

    @Override
    public void onTrainingEnd(Trainer trainer) {
        if (trainer != served) {
            return;
        }
        served = null;
        if (distances != null) {
            distances.close();
            distances = null;
        }
    }

    /**
     * What was measured at one update.
     *
     * @param step the number of the update, from 1
     * @param sharpness ε-sharpness φ, in percent (Eq. 10)
     * @param distances d by the trust region's name, such as {@code previous_step}
     * @param perturbationNorm ‖ε*‖ as computed, NaN if there was no ascent
     */
    public record Measurement(
            long step, double sharpness, Map<String, Double> distances, double perturbationNorm) {

        /** Copies the distances, keeping their order. */
        public Measurement {
            distances = Collections.unmodifiableMap(new LinkedHashMap<>(distances));
        }
    }

    /** Builds a {@link SharpnessTrainingListener}. */
    public static final class Builder {

        private Dataset dataset;
        private int interval;
        private EpsilonSharpness sharpness = EpsilonSharpness.builder().setSteps(10).build();
        private List<TrustRegion> regions =
                List.of(
                        TrustRegion.previousStep(),
                        TrustRegion.pretrained(),
                        TrustRegion.movingAverage(0.999f),
                        TrustRegion.noisyInput(Noise.gaussian(0.1f)));
        private Function<NDList, NDArray> logits = NDList::head;
        private BiFunction<NDList, NDList, NDArray> validPositions;

        private Builder() {}

        /**
         * Sets the data that is measured on, best a small and fixed sample of the training data.
         *
         * @param data the dataset
         * @return this builder
         */
        public Builder setDataset(Dataset data) {
            dataset = Objects.requireNonNull(data, "dataset");
            return this;
        }

        /**
         * Sets that every N-th update is measured.
         *
         * @param updates N, at least 1
         * @return this builder
         */
        public Builder setInterval(int updates) {
            interval = Arguments.atLeast("interval", updates, 1);
            return this;
        }

        /**
         * Sets how the sharpness is measured; by 10 steps with the paper's settings by default.
         *
         * @param measurement the measurement
         * @return this builder
         */
        public Builder optSharpness(EpsilonSharpness measurement) {
            sharpness = Objects.requireNonNull(measurement, "sharpness");
            return this;
        }

        /**
         * Sets the trust regions, at most one of each kind; by default the previous step, the
         * pretrained model, the moving average with β = 0.999 and noisy input with σ = 0.1.
         *
         * @param trustRegions the trust regions, possibly none
         * @return this builder
         */
        public Builder optTrustRegions(TrustRegion... trustRegions) {
            long kinds = Arrays.stream(trustRegions).map(TrustRegion::getClass).distinct().count();
            if (kinds < trustRegions.length) {
                throw Arguments.rejected(
                        "trustRegions", "at most one of each kind", Arrays.toString(trustRegions));
            }
            regions = List.of(trustRegions);
            return this;
        }

        /**
         * Sets where the logits are in the model's output, the first array by default.
         *
         * @param function from the model's output to logits of shape (…, classes)
         * @return this builder
         */
        public Builder optLogits(Function<NDList, NDArray> function) {
            logits = Objects.requireNonNull(function, "logits");
            return this;
        }

        /**
         * Sets which positions of a batch count; all by default.
         *
         * @param function from inputs and labels to a mask of the logits' shape without the class
         *     axis, 1 where a position counts
         * @return this builder
         */
        public Builder optValidPositions(BiFunction<NDList, NDList, NDArray> function) {
            validPositions = Objects.requireNonNull(function, "validPositions");
            return this;
        }

        /**
         * Builds the listener, for one trainer at a time.
         *
         * @return the listener
         * @throws IllegalStateException if dataset or interval are missing
         */
        public SharpnessTrainingListener build() {
            if (dataset == null || interval == 0) {
                throw new IllegalStateException(
                        "SharpnessTrainingListener needs setDataset(...) and setInterval(...),"
                                + " received: no "
                                + (dataset == null ? "dataset" : "interval"));
            }
            return new SharpnessTrainingListener(this);
        }
    }
}
