package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import ai.djl.util.Pair;
import dev.tram.core.Ascent;
import dev.tram.djl.internal.engine.BaseState;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A {@link TestModel} in training, with fixed initial weights and batches fixed by number. */
public final class Training implements AutoCloseable {

    public static final int BATCH_SIZE = 8;

    public final TestModel kind;
    public final TramOptimizer tram;
    public final Model model;
    final HookBlock hook;
    private final TrainingConfig config;
    public CountingTrainer trainer;

    private int batchSize = BATCH_SIZE;
    private boolean seedsBatches = true;

    /** Trains a model by a built optimizer. */
    public Training(TestModel kind, TramOptimizer tram) {
        this(kind, tram, new PositionLoss(), config -> {});
    }

    public Training(
            TestModel kind,
            TramOptimizer tram,
            Loss taskLoss,
            Consumer<DefaultTrainingConfig> more) {
        this(
                kind,
                kind.newBlock(),
                DataType.FLOAT32,
                tram,
                new DefaultTrainingConfig(tram.loss(taskLoss))
                        .optOptimizer(tram)
                        .addTrainingListeners(tram.listener()),
                more);
    }

    private Training(
            TestModel kind,
            Block block,
            DataType type,
            TramOptimizer tram,
            DefaultTrainingConfig config,
            Consumer<DefaultTrainingConfig> more) {
        this.kind = kind;
        this.tram = tram;
        this.config = config;
        // One device, whatever the machine has.
        config.optDevices(new Device[] {config.getDevices()[0]});
        more.accept(config);
        model = Model.newInstance("contract", config.getDevices()[0], "PyTorch");
        model.setDataType(type);
        hook = new HookBlock(block);
        model.setBlock(hook);
        trainer = new CountingTrainer(model, config);
        Engine.getEngine("PyTorch").setRandomSeed(5);
        trainer.initialize(kind.inputShape(BATCH_SIZE));
        kind.prepare(hook);
    }

    /** Trains on a device that need not be the engine's own choice. */
    Training(TestModel kind, TramOptimizer tram, Device device) {
        this(kind, tram, new PositionLoss(), config -> config.optDevices(new Device[] {device}));
    }

    /** Trains with a loss that was not made by the optimizer. */
    public static Training withLoss(TestModel kind, TramOptimizer tram, Loss loss) {
        return new Training(
                kind,
                kind.newBlock(),
                DataType.FLOAT32,
                tram,
                new DefaultTrainingConfig(loss)
                        .optOptimizer(tram)
                        .addTrainingListeners(tram.listener()),
                config -> {});
    }

    /** Trains a block of one's own on the batches of a kind of model. */
    public static Training of(TestModel kind, Block block, TramOptimizer tram) {
        return of(kind, block, DataType.FLOAT32, tram, new PositionLoss());
    }

    /** Trains a block of one's own whose weights are of some type. */
    public static Training of(
            TestModel kind, Block block, DataType type, TramOptimizer tram, Loss taskLoss) {
        return new Training(
                kind,
                block,
                type,
                tram,
                new DefaultTrainingConfig(tram.loss(taskLoss))
                        .optOptimizer(tram)
                        .addTrainingListeners(tram.listener()),
                config -> {});
    }

    /** Trains a model by a DJL optimizer alone. */
    public static Training plain(TestModel kind, Optimizer optimizer) {
        return plain(kind, kind.newBlock(), optimizer, new PositionLoss());
    }

    public static Training plain(TestModel kind, Block block, Optimizer optimizer, Loss loss) {
        return new Training(
                kind,
                block,
                DataType.FLOAT32,
                null,
                new DefaultTrainingConfig(loss).optOptimizer(optimizer),
                config -> {});
    }

    /** Trains a model by a DJL optimizer alone, with more in the configuration. */
    public static Training plain(
            TestModel kind, Optimizer optimizer, Consumer<DefaultTrainingConfig> more) {
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(new PositionLoss()).optOptimizer(optimizer);
        return new Training(kind, kind.newBlock(), DataType.FLOAT32, null, config, more);
    }

    /** Trains a model with a configuration of one's own. */
    public static Training with(TestModel kind, TramOptimizer tram, DefaultTrainingConfig config) {
        return new Training(kind, kind.newBlock(), DataType.FLOAT32, tram, config, more -> {});
    }

    public static Optimizer sgd() {
        return sgd(0.1f);
    }

    public static Optimizer sgd(float rate) {
        return Optimizer.sgd().setLearningRateTracker(Tracker.fixed(rate)).build();
    }

    public static Optimizer adam() {
        return Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.01f)).build();
    }

    /** The replicas of an optimizer in training. */
    static Replicas replicas(TramOptimizer tram) {
        return tram.sessions().open().replicas();
    }

    /** A method on SGD with learning rate 0.1, or on what it needs instead. */
    public static TramOptimizer.Builder method(String name) {
        return method(name, sgd());
    }

    /**
     * A method that ascends in every step, on a base optimizer, or on another one of its rate where
     * it needs that, so that it works on every kind of model.
     */
    public static TramOptimizer.Builder method(String name, Optimizer base) {
        return ascending(name)
                .builder()
                .setBaseOptimizer(fitting(name, base))
                .optSelfCheck(false)
                .optParameterFilter(parameter -> true)
                .optReplayDropout(!keepsPretrained(name));
    }

    /** A base optimizer, or one with a momentum or second moments where the method reads them. */
    public static Optimizer fitting(String name, Optimizer base) {
        BaseState state = new BaseState(base);
        Ascent ascent = settings(name).ascent();
        if (ascent.neighborhood().readsSecondMoment() && !state.hasSecondMoments()) {
            return adam();
        }
        if (ascent.direction().isMomentum() && !state.hasMomentum()) {
            float rate = (float) state.nextLearningRate("");
            return Optimizer.sgd()
                    .setLearningRateTracker(Tracker.fixed(rate))
                    .optMomentum(0.9f)
                    .build();
        }
        return base;
    }

    /** What a method is. */
    static TramSettings settings(String method) {
        return Methods.named(method).builder().settings();
    }

    /** Whether a method climbs at all. */
    static boolean ascends(String method) {
        return !settings(method).ascent().isNone();
    }

    static boolean ascendsByMomentum(String method) {
        return settings(method).ascent().direction().isMomentum();
    }

    /** Whether a method runs the model again at θ + ε. */
    static boolean hasSecondPass(String method) {
        return ascends(method) && !ascendsByMomentum(method);
    }

    /** Whether a method keeps the pretrained outputs, which needs a model without dropout. */
    public static boolean keepsPretrained(String method) {
        return settings(method).pretrainedCache().isPresent();
    }

    /** A method with a hyper-parameter changed, if it has that. */
    public static Method changed(Method method, HyperParameter key, float value) {
        return method.hyperParameters().contains(key) ? method.with(key, value) : method;
    }

    /** A method that ascends in every step. */
    public static Method ascending(String name) {
        Method method = changed(Methods.named(name), HyperParameter.K, 1);
        method = changed(method, HyperParameter.LAMBDA1, -1e6f);
        return changed(method, HyperParameter.LAMBDA2, -1e6f);
    }

    /** The forward passes of a step, where the pretrained outputs are held or not. */
    public static int forwardPasses(String method, TestModel model, boolean held) {
        int passes = Methods.named(method).passes().forward();
        if (method.equals("tram-previous-quarter") && model.hasTwoModes()) {
            return passes + 1;
        }
        return keepsPretrained(method) && !held ? passes + 1 : passes;
    }

    /** Closes the trainer and opens another on the same model. */
    public void reopen() {
        trainer.close();
        trainer = new CountingTrainer(model, config);
        trainer.initialize(kind.inputShape(BATCH_SIZE));
    }

    /** The device that it trains on. */
    Device device() {
        return trainer.getDevices()[0];
    }

    /** The size of the batches from now on. */
    public void setBatchSize(int size) {
        batchSize = size;
    }

    /** A batch by its number; the caller closes it. */
    public Batch batch(int number) {
        return batch(number, batchSize);
    }

    public Batch batch(int number, int size) {
        NDManager manager = trainer.getManager().newSubManager();
        NDArray data = kind.data(manager, number, size);
        NDArray labels = kind.labels(manager, number, size);
        return batch(manager, data, labels);
    }

    public static Batch batch(NDManager manager, NDArray data, NDArray labels) {
        return new Batch(
                manager,
                new NDList(data),
                new NDList(labels),
                (int) data.getShape().get(0),
                Batchifier.STACK,
                Batchifier.STACK,
                0,
                0);
    }

    /** Lets the engine's random numbers go on from batch to batch, instead of fixing them. */
    public void leaveRandomNumbers() {
        seedsBatches = false;
    }

    /** A batch without its step. */
    public void trainBatch(int number) {
        if (seedsBatches) {
            JniUtils.setSeed(1000L + number);
        }
        try (Batch batch = batch(number)) {
            EasyTrain.trainBatch(trainer, batch);
        }
    }

    /** A batch and its step. */
    public TramStep step(int number) {
        trainBatch(number);
        trainer.step();
        return tram == null ? null : tram.lastStep();
    }

    /** An evaluation of a batch's data, as a validation in mid-epoch makes it. */
    public void evaluate(int number) {
        try (Batch batch = batch(number)) {
            trainer.evaluate(batch.getData());
        }
    }

    public void steps(int from, int to) {
        for (int number = from; number < to; number++) {
            step(number);
        }
    }

    public Parameter parameter(int index) {
        return hook.getParameters().get(index).getValue();
    }

    /** The parameters, frozen ones included, by name. */
    public Map<String, float[]> weights() {
        return weights(hook);
    }

    public static Map<String, float[]> weights(Block block) {
        return values(block, parameter -> !isStatistic(parameter));
    }

    /** The running statistics of batch normalisation, by name. */
    public Map<String, float[]> statistics() {
        return values(hook, Training::isStatistic);
    }

    private static Map<String, float[]> values(Block block, Predicate<Parameter> which) {
        Map<String, float[]> values = new LinkedHashMap<>();
        for (Pair<String, Parameter> pair : block.getParameters()) {
            if (which.test(pair.getValue())) {
                NDArray array = pair.getValue().getArray();
                try (NDArray widened = array.toType(DataType.FLOAT32, true)) {
                    values.put(pair.getKey(), widened.toFloatArray());
                }
            }
        }
        return values;
    }

    private static boolean isStatistic(Parameter parameter) {
        return parameter.getType() == Parameter.Type.RUNNING_MEAN
                || parameter.getType() == Parameter.Type.RUNNING_VAR;
    }

    /** Asserts that two sets of arrays have the same bits. */
    public static void assertSameBits(Map<String, float[]> actual, Map<String, float[]> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        actual.forEach(
                (name, values) ->
                        assertThat(bits(values))
                                .as(name)
                                .containsExactly(bits(expected.get(name))));
    }

    public static boolean sameBits(Map<String, float[]> a, Map<String, float[]> b) {
        return a.keySet().equals(b.keySet())
                && a.keySet().stream()
                        .allMatch(name -> Arrays.equals(bits(a.get(name)), bits(b.get(name))));
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    /** The 2-norm of the difference of two sets of arrays. */
    public static double distance(Map<String, float[]> a, Map<String, float[]> b) {
        double sum = 0;
        for (Map.Entry<String, float[]> entry : a.entrySet()) {
            float[] other = b.get(entry.getKey());
            for (int i = 0; i < other.length; i++) {
                double difference = (double) entry.getValue()[i] - other[i];
                sum += difference * difference;
            }
        }
        return Math.sqrt(sum);
    }

    /** The gradients of the trained parameters, by name. */
    public Map<String, float[]> gradients() {
        Map<String, float[]> gradients = new LinkedHashMap<>();
        for (Pair<String, Parameter> pair : hook.getParameters()) {
            if (pair.getValue().requiresGradient()) {
                try (NDArray gradient = pair.getValue().getArray().getGradient()) {
                    gradients.put(pair.getKey(), gradient.toFloatArray());
                }
            }
        }
        return gradients;
    }

    /** Overwrites the weights. */
    public void setWeights(Map<String, float[]> weights) {
        weights.forEach(
                (name, values) -> {
                    NDArray array = hook.getParameters().get(name).getArray();
                    try (NDArray source = array.getManager().create(values, array.getShape())) {
                        array.set(new NDIndex("..."), source);
                    }
                });
    }

    public void zeroGradients() {
        for (Parameter parameter : hook.getParameters().values()) {
            if (parameter.requiresGradient()) {
                try (NDArray gradient = parameter.getArray().getGradient()) {
                    gradient.subi(gradient);
                }
            }
        }
    }

    @Override
    public void close() {
        trainer.close();
        if (tram != null) {
            tram.close();
        }
        model.close();
    }

    /** A trainer that counts backward passes and lets a test make one fail. */
    public static final class CountingTrainer extends Trainer {

        private int backwards;
        private int failing;
        private Device[] devices;

        CountingTrainer(Model model, TrainingConfig config) {
            super(model, config);
        }

        /** Claims to train on other devices than it does. */
        void setDevices(Device... claimed) {
            devices = claimed;
        }

        @Override
        public Device[] getDevices() {
            return devices == null ? super.getDevices() : devices;
        }

        int backwards() {
            return backwards;
        }

        void resetBackwards() {
            backwards = 0;
        }

        /** Makes the n-th backward pass from now on fail. */
        void failBackwardAt(int pass) {
            backwards = 0;
            failing = pass;
        }

        @Override
        public GradientCollector newGradientCollector() {
            GradientCollector collector = super.newGradientCollector();
            return new GradientCollector() {

                @Override
                public void backward(NDArray target) {
                    if (++backwards == failing) {
                        throw new HookBlock.TestFailure();
                    }
                    collector.backward(target);
                }

                @Override
                public void zeroGradients() {
                    collector.zeroGradients();
                }

                @Override
                public void close() {
                    collector.close();
                }
            };
        }
    }
}
