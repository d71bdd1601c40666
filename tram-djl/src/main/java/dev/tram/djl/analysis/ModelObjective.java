package dev.tram.djl.analysis;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.loss.Loss;
import dev.tram.core.MultiTensor;
import dev.tram.core.analysis.Objective;
import dev.tram.djl.analysis.EvaluationBatches.MiniBatch;
import dev.tram.djl.internal.DelegatingLoss;
import dev.tram.djl.internal.engine.Blocks;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.ParameterLayout;
import dev.tram.djl.internal.pytorch.EngineBridges;
import dev.tram.djl.internal.pytorch.MultiTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The mean loss of a model over a dataset, for the analyses of {@link dev.tram.core.analysis}:
 * sharpness, Hessian and loss surface of any DJL model, during training and after it.
 *
 * <pre>{@code
 * try (ModelObjective objective = ModelObjective.builder(trainer).setDataset(data).build()) {
 *     double sharpness = EpsilonSharpness.builder().setSteps(20).build().measure(objective).value();
 *     double curvature = Hessian.builder().build().largestEigenvalue(objective).value();
 * }
 * }</pre>
 *
 * <p>The model runs in evaluation mode: without dropout, on the running statistics of batch
 * normalisation, which do not move. (TorchScript gives gradients in training mode only, so there
 * the gradient alone is computed in that mode.) The weights' gradient arrays are the same after
 * each call as before it, so a measurement may come between a backward pass and its update.
 *
 * <p>Losses of mini-batches are weighted by their examples, or by valid positions. The dataset
 * should give the same batches each time: one that shuffles draws from the generator that orders
 * the training data, and its rounding differs from call to call.
 *
 * <p>Until it is closed, the objective keeps its thread from recording gradients, and it works on
 * that thread only.
 */
public final class ModelObjective implements Objective, AutoCloseable {

    private final Block block;
    private final Loss loss;
    private final NDManager manager;
    private final EvaluationBatches batches;
    private final MultiTensor tensors;
    private final ParameterStore store;
    private final boolean trainingGradient;
    private final ParameterLayout layout;
    private final NDList weights = new NDList();
    private final NDList parameters = new NDList();
    private final List<NDArray> lentGradients = new ArrayList<>();
    private final EngineBridge.Scope noGradient;

    private ModelObjective(Builder builder) {
        block = builder.block;
        loss = builder.loss;
        layout = new ParameterLayout(block, builder.parameterFilter);
        checkLayout(builder.device);
        EngineBridge bridge = EngineBridges.of(builder.manager.getEngine());
        manager = builder.manager.newSubManager(builder.device);
        manager.setName("objective");
        batches = new EvaluationBatches(builder.dataset, manager, builder.validPositions);
        tensors = MultiTensors.forEngine(manager);
        store = new ParameterStore(manager, false);
        trainingGradient = Blocks.anyMatch(block, bridge::ownsWeights);
        layout.parameters().forEach(parameter -> weights.add(parameter.getArray()));
        parameters.addAll(analysed(weights));
        noGradient = bridge.noGradient();
        for (NDArray weight : weights) {
            if (!weight.hasGradient()) {
                weight.setRequiresGradient(true);
                lentGradients.add(weight);
            }
        }
        bridge.defineGradients(weights);
    }

    private void checkLayout(Device device) {
        if (layout.ascending().isEmpty()) {
            throw new IllegalStateException(
                    "the model must have a parameter that is trained and passes the filter,"
                            + " received: none of "
                            + block.getParameters().size());
        }
        for (Parameter parameter : layout.parameters()) {
            Device found = parameter.getArray().getDevice();
            if (!found.equals(device)) {
                throw new IllegalStateException(
                        "the parameters must lie on the device that evaluates them, "
                                + device
                                + " (Model.newInstance(name, device)), received: "
                                + parameter.getName()
                                + " on "
                                + found);
            }
        }
    }

    /**
     * Returns a builder for the model of a trainer, with the trainer's loss (without a trust-region
     * penalty) on its first device.
     *
     * @param trainer the trainer, whose model is initialised
     * @return the builder
     */
    public static Builder builder(Trainer trainer) {
        Loss loss = trainer.getLoss();
        return new Builder(
                trainer.getModel().getBlock(),
                trainer.getManager(),
                trainer.getDevices()[0],
                loss instanceof DelegatingLoss delegating ? delegating.taskLoss() : loss);
    }

    /**
     * Returns a builder for a model.
     *
     * @param model the model, initialised
     * @param loss the loss, a mean over examples or positions
     * @return the builder
     */
    public static Builder builder(Model model, Loss loss) {
        return builder(model.getBlock(), model.getNDManager(), loss);
    }

    /**
     * Returns a builder for a block.
     *
     * @param block the block, initialised
     * @param manager the parent of the objective's own manager, on the block's device
     * @param loss the loss, a mean over examples or positions
     * @return the builder
     */
    public static Builder builder(Block block, NDManager manager, Loss loss) {
        return new Builder(block, manager, manager.getDevice(), loss);
    }

    /** The trainable parameters that pass the filter, in the order of the block's parameters. */
    @Override
    public NDList parameters() {
        return parameters;
    }

    @Override
    public MultiTensor multiTensor() {
        return tensors;
    }

    EvaluationBatches batches() {
        return batches;
    }

    @Override
    public double loss() {
        Mean mean = new Mean();
        batches.forEach(batch -> mean.add(read(loss(batch, false)), batch.weight()));
        return mean.value();
    }

    @Override
    public double lossAndGradient(NDList gradients) {
        Mean mean = new Mean();
        tensors.zero(gradients);
        withGradients(
                live ->
                        batches.forEach(
                                batch -> {
                                    mean.add(backward(batch, live), batch.weight());
                                    tensors.addScaled(gradients, analysed(live), batch.weight());
                                }));
        tensors.scale(gradients, 1 / mean.weight);
        return mean.value();
    }

    /** Takes the mini-batches in the dataset's order, over and over. */
    @Override
    public double batchLossAndGradient(NDList gradients) {
        Mean mean = new Mean();
        withGradients(
                live ->
                        batches.next(
                                batch -> {
                                    mean.add(backward(batch, live), 1);
                                    tensors.copy(analysed(live), gradients);
                                }));
        return mean.value();
    }

    /** Lends the weights' gradient arrays, and puts back afterwards what they held. */
    private void withGradients(Consumer<NDList> work) {
        try (NDManager scope = manager.newSubManager()) {
            NDList live = new NDList();
            NDList kept = new NDList();
            for (NDArray weight : weights) {
                NDArray gradient = weight.getGradient();
                gradient.attach(scope);
                live.add(gradient);
                NDArray copy = gradient.duplicate();
                copy.attach(scope);
                kept.add(copy);
            }
            try {
                work.accept(live);
            } finally {
                tensors.copy(kept, live);
            }
        }
    }

    /** Fills the gradient arrays with a mini-batch's gradient and returns its loss. */
    private double backward(MiniBatch batch, NDList live) {
        tensors.zero(live);
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
            NDArray value = loss(batch, trainingGradient);
            collector.backward(value);
            return read(value);
        }
    }

    private NDList analysed(NDList arrays) {
        NDList selected = new NDList();
        layout.ascending().forEach(i -> selected.add(arrays.get(i)));
        return selected;
    }

    private NDArray loss(MiniBatch batch, boolean training) {
        return loss.evaluate(batch.labels(), block.forward(store, batch.data(), training, null));
    }

    private static double read(NDArray loss) {
        return loss.toType(DataType.FLOAT64, false).sum().getDouble();
    }

    /** Frees the buffers and lets the thread record gradients again if it did before. */
    @Override
    public void close() {
        batches.close();
        lentGradients.forEach(weight -> weight.setRequiresGradient(false));
        manager.close();
        noGradient.close();
    }

    /** A weighted mean. */
    private static final class Mean {

        private double sum;
        private double weight;

        void add(double value, double itsWeight) {
            sum += value * itsWeight;
            weight += itsWeight;
        }

        double value() {
            return sum / weight;
        }
    }

    /** Builds a {@link ModelObjective}. */
    public static final class Builder {

        private final Block block;
        private final NDManager manager;
        private final Device device;
        private final Loss loss;
        private Dataset dataset;
        private Predicate<Parameter> parameterFilter = parameter -> true;
        private BiFunction<NDList, NDList, NDArray> validPositions;

        private Builder(Block block, NDManager manager, Device device, Loss loss) {
            this.block = Objects.requireNonNull(block, "block");
            this.manager = Objects.requireNonNull(manager, "manager");
            this.device = device;
            this.loss = Objects.requireNonNull(loss, "loss");
        }

        /**
         * Sets the data over which the loss is the mean; its batches are the mini-batches.
         *
         * @param data the dataset
         * @return this builder
         */
        public Builder setDataset(Dataset data) {
            dataset = Objects.requireNonNull(data, "dataset");
            return this;
        }

        /**
         * Limits the analysis to some of the trainable parameters; all by default.
         *
         * @param predicate true for a parameter that is analysed
         * @return this builder
         */
        public Builder optParameterFilter(Predicate<Parameter> predicate) {
            parameterFilter = Objects.requireNonNull(predicate, "parameterFilter");
            return this;
        }

        /**
         * Sets which positions of a batch count, where the loss is the mean over these; by default
         * a batch counts by its number of examples.
         *
         * @param function from inputs and labels to a mask, 1 where a position counts
         * @return this builder
         */
        public Builder optValidPositions(BiFunction<NDList, NDList, NDArray> function) {
            validPositions = Objects.requireNonNull(function, "validPositions");
            return this;
        }

        /**
         * Builds the objective, on the thread that will use it.
         *
         * @return the objective
         * @throws IllegalStateException if there is no dataset, a parameter has no value, no
         *     parameter is left, or a parameter lies on another device
         */
        public ModelObjective build() {
            if (dataset == null) {
                throw new IllegalStateException(
                        "ModelObjective needs setDataset(...), received: nothing");
            }
            if (!block.isInitialized()) {
                throw new IllegalStateException(
                        "the model must be initialised (trainer.initialize(shapes)), received: one"
                                + " that is not");
            }
            return new ModelObjective(this);
        }
    }
}
