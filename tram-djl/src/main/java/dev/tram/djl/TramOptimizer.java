package dev.tram.djl;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.engine.BaseState;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Sharpness-aware, trust-region-aware training around any DJL optimizer.
 *
 * <p>It comes as a pair: the optimizer itself and its {@link #listener()}, which runs the ascent
 * and the second pass between DJL's backward pass and its update. {@code EasyTrain.fit} and loops
 * of {@code EasyTrain.trainBatch} and {@code trainer.step()} stay as they are.
 *
 * <pre>{@code
 * TramOptimizer tram = TramOptimizer.builder()
 *         .setBaseOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(2e-5f)).build())
 *         .optAscent(Ascent.tram(TrustRegion.previousStep()))
 *         .build();
 * DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
 *         .optOptimizer(tram)
 *         .addTrainingListeners(tram.listener());
 * }</pre>
 *
 * <p>An optimizer serves one trainer at a time. Each trainer is a run of its own: the trust
 * regions' parameters start afresh with it, the base optimizer's state is kept.
 */
public final class TramOptimizer extends Optimizer implements AutoCloseable {

    private final TramSettings settings;
    private final Sessions sessions;

    private TramOptimizer(TramSettings settings) {
        super(new NoOptions());
        this.settings = settings;
        sessions = new Sessions(settings);
    }

    /**
     * Returns a builder.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns a training configuration with this optimizer, its listener and the loss with its
     * penalty: all that {@code EasyTrain.fit} and {@link #step} need.
     *
     * @param taskLoss the task loss
     * @return the configuration, to which listeners, evaluators and devices can be added
     */
    public DefaultTrainingConfig trainingConfig(Loss taskLoss) {
        return new DefaultTrainingConfig(loss(taskLoss))
                .optOptimizer(this)
                .addTrainingListeners(listener());
    }

    /**
     * Returns the listener that must be added to the configuration of a training by {@code
     * EasyTrain.trainBatch}.
     *
     * <p>Where it is called, after the backward pass, it closes what the forward pass and {@link
     * #loss} made, to make room for the second pass. Data, labels, predictions, the loss, and
     * arrays that the user's program made survive.
     *
     * @return this optimizer's listener
     */
    public TrainingListener listener() {
        return sessions.listener();
    }

    /**
     * Returns the loss to train with: with the penalty, if this optimizer has one. Without penalty
     * you may train with the task loss itself, but it is then computed once more per batch. In
     * {@link #step}, evaluations and validation it is the task loss.
     *
     * @param taskLoss the task loss
     * @return the loss for the training configuration
     */
    public Loss loss(Loss taskLoss) {
        if (taskLoss == null) {
            throw Arguments.rejected("taskLoss", "a loss", "null");
        }
        return new TramLoss(taskLoss, sessions);
    }

    /**
     * Returns a model's own block. While a trainer with the {@link #listener()} is open, {@code
     * model.getBlock()} is another one that stands in for it, so that a cast such as {@code
     * (SequentialBlock) model.getBlock()} fails; both have the same parameters.
     *
     * @param model any model
     * @return the block that its user gave it
     */
    public static Block blockOf(Model model) {
        Block block = model.getBlock();
        return block instanceof TwoPassBlock standIn ? standIn.block() : block;
    }

    /**
     * Takes a whole training step on a batch, in a loop of the user's own: the closure's passes,
     * the ascent between them, the restoration, the update ({@code trainer.step()}) and DJL's
     * listeners, which are told of the batch with the first pass's labels and outputs.
     *
     * <pre>{@code
     * TramStep step = tram.step(trainer, batch, () -> {
     *     NDList outputs = trainer.forward(data, labels);
     *     return trainer.getLoss().evaluate(labels, outputs).add(regulariser(outputs));
     * });
     * }</pre>
     *
     * <p>The closure is called once per pass, at θ and then at θ + ε*, and from time to time once
     * more to check that it computes the same at the same weights. It runs the model any number of
     * times, on the same inputs in each pass. Gradients that other losses left in the model (a
     * GAN's generator in its discriminator, say) are overwritten first. Arrays that it keeps are
     * those of its last call. One device; the listener, if it is in the configuration, is left out.
     *
     * @param trainer the trainer, whose optimizer is this one
     * @param batch the batch that DJL's listeners are told of
     * @param closure runs the model and returns the loss, a scalar
     * @return what the batch did
     * @throws IllegalStateException if the trainer's batches came by the listener before, or from
     *     within another gradient collector
     */
    public TramStep step(Trainer trainer, Batch batch, Supplier<NDArray> closure) {
        if (closure == null) {
            throw Arguments.rejected("closure", "a supplier of the loss", "null");
        }
        return sessions.of(trainer).step(batch, closure::get);
    }

    /**
     * Takes a whole training step of a loop that has no DJL batches; see {@link #step(Trainer,
     * Batch, Supplier)}.
     *
     * @param trainer the trainer, whose optimizer is this one
     * @param closure runs the model and returns the loss, a scalar
     * @return what the step did
     */
    public TramStep step(Trainer trainer, Supplier<NDArray> closure) {
        return step(trainer, null, closure);
    }

    /**
     * Returns what the latest training batch did.
     *
     * @return the record of the latest batch
     * @throws IllegalStateException if there was none
     */
    public TramStep lastStep() {
        return sessions.latest()
                .map(TrainingSession::lastStep)
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "lastStep() needs a training batch before it, received:"
                                                + " none"));
    }

    /**
     * Returns how many batches of the latest trainer were skipped, because something was not finite
     * or no position was valid.
     *
     * @return the number of skipped batches
     */
    public long skippedSteps() {
        return sessions.latest().map(TrainingSession::skippedSteps).orElse(0L);
    }

    /**
     * Returns how many batches of the latest trainer had no ascent and were not skipped.
     *
     * @return the number of plain batches
     */
    public long plainSteps() {
        return sessions.latest().map(TrainingSession::plainSteps).orElse(0L);
    }

    /**
     * Returns how many batches the latest trainer has had, those before a loaded checkpoint
     * included: after {@link #load}, the position in the data to go on from.
     *
     * @return the number of batches, skipped and accumulated ones included
     */
    public long batches() {
        return sessions.latest().map(TrainingSession::batches).orElse(0L);
    }

    @Override
    public void update(String parameterId, NDArray weight, NDArray grad) {
        sessions.open().update(parameterId, weight, grad);
    }

    /**
     * Saves all that an exact resumption needs: the parameters, frozen ones included (of those
     * below an {@link AdaptedBlock}'s adapters a checksum), and running statistics, a description
     * of the method, the trust regions' parameters, accumulated gradients, the base optimizer's
     * moments and update counts, and the counters behind seeds and schedules. The file is written
     * beside its place and moved there. A batch of which TRAM was not told yet, since it is under
     * way or has failed, is not in it.
     *
     * @param path the file, in the safetensors format
     * @throws IOException if the file cannot be written
     * @throws IllegalStateException between a batch and its {@code trainer.step()}, from within a
     *     pass, or before the first batch
     */
    public void save(Path path) throws IOException {
        try {
            sessions.open().save(path);
        } catch (ClosedByInterruptException interrupted) {
            throw interrupted("save", path, "an older file of that name is as it was", interrupted);
        }
    }

    /**
     * Loads what {@link #save} wrote, the model's parameters included, after the trainer was
     * created and initialised. Training then goes on as if it had never stopped; a batch under way
     * is given up.
     *
     * @param path the file
     * @throws IOException if the file is missing, truncated or damaged; nothing is changed then
     * @throws IllegalArgumentException if it is of another version, model or method (ascent,
     *     penalty, base optimizer except its learning rate, or any option that changes the result);
     *     nothing is changed then
     */
    public void load(Path path) throws IOException {
        try {
            sessions.open().load(path);
        } catch (ClosedByInterruptException interrupted) {
            throw interrupted("load", path, "nothing was changed", interrupted);
        }
    }

    /**
     * Goes on with this method where a run of the base optimizer alone was saved, after the trainer
     * was created and initialised: with its parameters and running statistics, its moments and its
     * number of updates. What this method keeps begins here, but for θ_0 of the pretrained region,
     * which are the model's parameters before this call.
     *
     * @param path a file that {@link #save} wrote of an optimizer without ascent and penalty
     * @throws IOException if the file is missing, truncated or damaged; nothing is changed then
     * @throws IllegalArgumentException if it is of another version or model, of a run with an
     *     ascent or a penalty, of another base optimizer (but for its learning rate), clip or
     *     accumulation, or in the middle of an accumulated group; nothing is changed then
     */
    public void startFrom(Path path) throws IOException {
        try {
            sessions.open().startFrom(path);
        } catch (ClosedByInterruptException interrupted) {
            throw interrupted("startFrom", path, "nothing was changed", interrupted);
        }
    }

    private static IOException interrupted(
            String what, Path path, String state, ClosedByInterruptException cause) {
        return new IOException(
                what
                        + "("
                        + path
                        + ") must not be interrupted; "
                        + state
                        + ", received: an interrupt of its thread",
                cause);
    }

    /** Shows other weights in the model until it is closed. */
    public interface Shown extends AutoCloseable {

        /** Shows the trained weights again, bit for bit. */
        @Override
        void close();
    }

    /**
     * Shows the average of {@link Builder#optWeightAverage} in the model's own arrays, on all
     * devices, to evaluate or save it. Running statistics of batch normalisation stay those of the
     * trained weights.
     *
     * <pre>{@code
     * try (TramOptimizer.Shown average = tram.showWeightAverage()) {
     *     EasyTrain.evaluateDataset(trainer, validation);
     *     model.save(folder, "averaged");
     * }
     * }</pre>
     *
     * @return a scope, to be closed before training goes on
     * @throws IllegalStateException without the option, before the first batch, between a batch and
     *     its {@code trainer.step()}, or within another scope
     */
    public Shown showWeightAverage() {
        return sessions.open().showWeightAverage();
    }

    /** Frees the base optimizer's state. The trust regions' is freed with the trainer. */
    @Override
    public void close() {
        new BaseState(settings.base()).close();
    }

    Sessions sessions() {
        return sessions;
    }

    /** The superclass's options are the base optimizer's here. */
    private static final class NoOptions extends OptimizerBuilder<NoOptions> {

        @Override
        protected NoOptions self() {
            return this;
        }
    }

    /** Builds a {@link TramOptimizer}. */
    public static final class Builder {

        private Optimizer base;
        private Ascent ascent =
                Ascent.of(
                        Neighborhood.adaptive(), Radius.relative(TrustRegion.previousStep(), 0.5f));
        private Descent descent = Descent.ascended();
        private TrustRegionPenalty penalty;
        private boolean replayDropout = true;
        private int accumulationSteps = 1;
        private float trustRegionFraction = 1f;
        private Long pretrainedCache;
        private float maxGradNorm = Float.POSITIVE_INFINITY;
        private boolean syncedAscent;
        private int maxSkippedSteps = 50;
        private boolean selfCheck = true;
        private Function<NDList, NDArray> logits = TramSettings.FIRST_OUTPUT;
        private BiFunction<NDList, NDList, NDArray> validPositions;
        private Predicate<Parameter> parameterFilter = parameter -> true;
        private WeightAverage weightAverage;

        private Builder() {}

        /**
         * Sets the optimizer that takes the step with the descent gradient. Learning rate, weight
         * decay and schedule are its own.
         *
         * @param optimizer the base optimizer
         * @return this builder
         */
        public Builder setBaseOptimizer(Optimizer optimizer) {
            base = Objects.requireNonNull(optimizer, "baseOptimizer");
            return this;
        }

        /**
         * Sets how the parameters climb. By default the adaptive neighborhood with the previous
         * step's distance relative to its mean, at ρ = 0.5: TRAM's shape over time at ASAM's mean
         * length. The paper's is {@code Ascent.tram(TrustRegion.previousStep())}, which has little
         * effect at fine-tuning rates.
         *
         * @param value the ascent
         * @return this builder
         */
        public Builder optAscent(Ascent value) {
            ascent = Objects.requireNonNull(value, "ascent");
            return this;
        }

        /**
         * Sets what the base optimizer is given; the gradient at θ + ε* by default.
         *
         * @param value the descent
         * @return this builder
         */
        public Builder optDescent(Descent value) {
            descent = Objects.requireNonNull(value, "descent");
            return this;
        }

        /**
         * Adds a trust-region penalty to the loss; the configuration's loss must be {@link
         * TramOptimizer#loss} of the task loss.
         *
         * @param value the penalty
         * @return this builder
         */
        public Builder optPenalty(TrustRegionPenalty value) {
            penalty = Objects.requireNonNull(value, "penalty");
            return this;
        }

        /**
         * Sets whether all passes of a step see the same dropout masks, true by default. If not,
         * each pass draws its own and target passes run in evaluation mode.
         *
         * @param value whether to replay dropout
         * @return this builder
         */
        public Builder optReplayDropout(boolean value) {
            replayDropout = value;
            return this;
        }

        /**
         * Sets how many batches make one update, 1 by default. Each is still followed by {@code
         * trainer.step()}; all but the last of a group do nothing there.
         *
         * @param steps the number of batches, at least 1
         * @return this builder
         */
        public Builder optAccumulationSteps(int steps) {
            accumulationSteps = Arguments.atLeast("accumulationSteps", steps, 1);
            return this;
        }

        /**
         * Sets that d is measured on the first ⌈fB⌉ examples of a batch of B, in evaluation mode; 1
         * by default.
         *
         * @param fraction f, in (0, 1]
         * @return this builder
         */
        public Builder optTrustRegionFraction(float fraction) {
            if (!(fraction > 0f && fraction <= 1f)) {
                throw Arguments.rejected("trustRegionFraction", "in (0, 1]", fraction);
            }
            trustRegionFraction = fraction;
            return this;
        }

        /**
         * Keeps the pretrained model's logits of each example in the model's memory, so that {@code
         * TrustRegion.pretrained()} costs no pass for an example seen before; off by default. Of a
         * {@link HeadedBlock} it keeps the features if they are less than a 32nd, and runs the
         * head. It needs a model without dropout, or {@code optReplayDropout(false)}. d is the same
         * to within rounding; with batch normalization an example's outputs stay those under the
         * running statistics of its first batch.
         *
         * @param maxBytes the most memory to use, at least 1; examples beyond it are computed
         * @return this builder
         */
        public Builder optPretrainedCache(long maxBytes) {
            if (maxBytes < 1) {
                throw Arguments.rejected("maxBytes", "an integer >= 1", maxBytes);
            }
            pretrainedCache = maxBytes;
            return this;
        }

        /**
         * Sets the largest global norm of the descent gradient; larger ones are scaled down to it.
         *
         * @param norm the norm, finite and greater than 0
         * @return this builder
         */
        public Builder optMaxGradNorm(float norm) {
            maxGradNorm = Arguments.positive("maxGradNorm", norm);
            return this;
        }

        /**
         * Sets whether several devices climb by the same ε*, from the mean gradient; false by
         * default, where each climbs on its own part of the batch (m-sharpness).
         *
         * @param value whether the ascent is synced
         * @return this builder
         */
        public Builder optSyncedAscent(boolean value) {
            syncedAscent = value;
            return this;
        }

        /**
         * Sets after how many skipped batches in a row training stops with an error, 50 by default.
         *
         * @param steps the number of batches, at least 1
         * @return this builder
         */
        public Builder optMaxSkippedSteps(int steps) {
            maxSkippedSteps = Arguments.atLeast("maxSkippedSteps", steps, 1);
            return this;
        }

        /**
         * Sets where the logits are in the model's output, the first array by default. Without it,
         * a loss whose first output is not logits, and several outputs, are refused at the first
         * batch of a method that measures a trust region by its default divergence.
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
         * Sets whether the second pass is checked against the loop's gradient: run at the same
         * weights it must give the same; true by default. Checked are the first nine ascending
         * batches and ever fewer later: the powers of two, and 60, 83, 110, 143, …, each a fifth
         * and 11 more than the one before. The check needs dropout replay.
         *
         * @param value whether to check
         * @return this builder
         */
        public Builder optSelfCheck(boolean value) {
            selfCheck = value;
            return this;
        }

        /**
         * Limits the ascent to some parameters; all trainable ones by default. All norms are over
         * these, the others are not moved by the ascent.
         *
         * @param predicate true for a parameter that ascends
         * @return this builder
         */
        public Builder optParameterFilter(Predicate<Parameter> predicate) {
            parameterFilter = Objects.requireNonNull(predicate, "parameterFilter");
            return this;
        }

        /**
         * Keeps an average of the weights beside the training; none by default. See {@link
         * TramOptimizer#showWeightAverage}.
         *
         * @param value the average
         * @return this builder
         */
        public Builder optWeightAverage(WeightAverage value) {
            weightAverage = Objects.requireNonNull(value, "weightAverage");
            return this;
        }

        /**
         * Builds the optimizer.
         *
         * @return the optimizer
         * @throws IllegalStateException if there is no base optimizer, or one that the method
         *     cannot use, or if parts of the method exclude each other
         */
        public TramOptimizer build() {
            if (base == null) {
                throw new IllegalStateException(
                        "TramOptimizer needs setBaseOptimizer(...), received: nothing");
            }
            if (base instanceof TramOptimizer) {
                throw new IllegalStateException(
                        "baseOptimizer must be a plain DJL optimizer, received: a TramOptimizer");
            }
            TramSettings settings = settings();
            settings.check();
            return new TramOptimizer(settings);
        }

        TramSettings settings() {
            Schedule useful = descent.schedule();
            boolean always = useful.equals(Schedule.always());
            return new TramSettings(
                    base,
                    always ? ascent : ascent.withSchedule(ascent.schedule().and(useful)),
                    descent,
                    Optional.ofNullable(penalty),
                    replayDropout,
                    accumulationSteps,
                    trustRegionFraction,
                    Optional.ofNullable(pretrainedCache),
                    maxGradNorm,
                    syncedAscent,
                    maxSkippedSteps,
                    selfCheck,
                    logits,
                    Optional.ofNullable(validPositions),
                    parameterFilter,
                    Optional.ofNullable(weightAverage));
        }
    }
}
