package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.EarlyStoppingListener;
import ai.djl.training.listener.EarlyStoppingListener.EarlyStoppedException;
import ai.djl.training.listener.EpochTrainingListener;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.MemoryTrainingListener;
import ai.djl.training.listener.SaveModelTrainingListener;
import ai.djl.training.listener.TimeMeasureTrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.FixedPerVarTracker;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Ascent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What DJL's example programs have around a model: data fetched ahead by other threads, models
 * loaded by criteria, a TorchScript base under a new head, and listeners.
 */
class DjlPipelinesTest {

    private static final int CLASSES = 3;
    private static final int FEATURES = 5;
    private static final int EPOCHS = 4;

    @TempDir private Path folder;

    private final NDManager manager = NDManager.newBaseManager("PyTorch");

    private static Optimizer adam() {
        return Training.adam();
    }

    /** A class of each example by its brightness. */
    private ArrayDataset.Builder dataset() {
        NDArray classes = manager.arange(32f).mod(CLASSES);
        NDArray noise = manager.arange(32f * FEATURES).sin().mul(0.3f).reshape(32, FEATURES);
        return new ArrayDataset.Builder()
                .setData(noise.add(classes.reshape(32, 1)))
                .optLabels(classes)
                .setSampling(8, false);
    }

    private static TramOptimizer zero(Optimizer base) {
        return TramOptimizer.builder().setBaseOptimizer(base).optAscent(Ascent.sam(0)).build();
    }

    private static TramOptimizer relative(Optimizer base) {
        return Methods.named("tram-previous-relative").builder().setBaseOptimizer(base).build();
    }

    private static Linear linear(long units) {
        return Linear.builder().setUnits(units).build();
    }

    private static Block mlp() {
        return new SequentialBlock()
                .add(linear(7))
                .add(x -> new NDList(x.head().tanh()))
                .add(linear(CLASSES));
    }

    private static Map<String, float[]> fit(
            Model model, TrainingConfig config, ArrayDataset dataset) throws Exception {
        Engine.getEngine("PyTorch").setRandomSeed(1);
        try (Trainer trainer = model.newTrainer(config)) {
            trainer.initialize(new Shape(8, FEATURES));
            EasyTrain.fit(trainer, EPOCHS, dataset, null);
        }
        return Training.weights(model.getBlock());
    }

    /** Trains by a radius of 0 and by the base optimizer alone, then checks that the loss falls. */
    private static void check(
            Supplier<Model> models,
            Supplier<Optimizer> base,
            Supplier<DefaultTrainingConfig> more,
            ArrayDataset dataset)
            throws Exception {
        Map<String, float[]> plain;
        try (Model model = models.get()) {
            plain = fit(model, more.get().optOptimizer(base.get()), dataset);
        }
        try (Model model = models.get()) {
            TramOptimizer zero = zero(base.get());
            DefaultTrainingConfig config =
                    more.get().optOptimizer(zero).addTrainingListeners(zero.listener());
            Training.assertSameBits(fit(model, config, dataset), plain);
            assertThat(zero.skippedSteps()).isZero();
        }
        try (Model model = models.get()) {
            TramOptimizer tram = relative(base.get());
            Losses losses = new Losses(tram);
            DefaultTrainingConfig config =
                    more.get()
                            .optOptimizer(tram)
                            .addTrainingListeners(tram.listener())
                            .addTrainingListeners(losses);
            fit(model, config, dataset);
            assertThat(losses.last()).isLessThan(losses.first());
            assertThat(tram.lastStep().kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    /** The loss of the first batch and of the latest. */
    private static final class Losses extends TrainingListenerAdapter {

        private final TramOptimizer tram;
        private double first = Double.NaN;
        private double last;

        Losses(TramOptimizer tram) {
            this.tram = tram;
        }

        @Override
        public void onTrainingBatch(Trainer trainer, BatchData batchData) {
            last = tram.lastStep().loss();
            first = Double.isNaN(first) ? last : first;
        }

        double first() {
            return first;
        }

        double last() {
            return last;
        }
    }

    private static DefaultTrainingConfig config() {
        return new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optDevices(new Device[] {Device.cpu()});
    }

    private static Model of(Block block) {
        Model model = Model.newInstance("net", Device.cpu(), "PyTorch");
        model.setBlock(block);
        return model;
    }

    @Test
    void batchesFetchedAheadByOtherThreads() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (manager) {
            ArrayDataset ahead = dataset().optPrefetchNumber(3).build();
            check(
                    () -> of(mlp()),
                    DjlPipelinesTest::adam,
                    () -> config().optExecutorService(threads),
                    ahead);
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void modelsLoadedByCriteria() throws Exception {
        try (manager;
                Model model = of(mlp())) {
            model.getBlock().initialize(manager, model.getDataType(), new Shape(8, FEATURES));
            model.save(folder, "net");
            Criteria<NDList, NDList> criteria =
                    Criteria.builder()
                            .setTypes(NDList.class, NDList.class)
                            .optModelPath(folder)
                            .optModelName("net")
                            .optBlock(mlp())
                            .optEngine("PyTorch")
                            .optDevice(Device.cpu())
                            .build();
            check(
                    () -> load(criteria),
                    DjlPipelinesTest::adam,
                    DjlPipelinesTest::config,
                    dataset().build());
        }
    }

    private static ZooModel<NDList, NDList> load(Criteria<NDList, NDList> criteria) {
        try {
            return criteria.loadModel();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** As DJL's TransferFreshFruit: a tenth of the learning rate for the base, or none. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTorchScriptBaseUnderANewHead(boolean trainBase) throws Exception {
        float[] weight = new float[4 * FEATURES];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) Math.cos(i);
        }
        new ScriptedModel("x", "return torch.tanh(torch.linear(x, self.weight))")
                .parameter("weight", weight, 4, FEATURES)
                .write(folder, "base");
        Criteria<NDList, NDList> criteria =
                Criteria.builder()
                        .setTypes(NDList.class, NDList.class)
                        .optModelPath(folder)
                        .optModelName("base")
                        .optEngine("PyTorch")
                        .optDevice(Device.cpu())
                        .optOption("trainParam", String.valueOf(trainBase))
                        .build();
        try (manager) {
            Deque<ZooModel<NDList, NDList>> bases = new ArrayDeque<>();
            check(
                    () -> {
                        bases.push(load(criteria));
                        Block base = bases.peek().getBlock();
                        return of(new SequentialBlock().add(base).add(linear(CLASSES)));
                    },
                    () -> slowly(bases.peek()),
                    DjlPipelinesTest::config,
                    dataset().build());
            bases.forEach(Model::close);
        }
    }

    private static Optimizer slowly(Model base) {
        FixedPerVarTracker.Builder rates = FixedPerVarTracker.builder().setDefaultValue(0.01f);
        for (Parameter parameter : base.getBlock().getParameters().values()) {
            rates.put(parameter.getId(), 0.001f);
        }
        return Optimizer.adam().optLearningRateTracker(rates.build()).build();
    }

    @Test
    void djlsListenersSaveMeasureAndStopEarly() throws Exception {
        Optimizer still = Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0f)).build();
        TramOptimizer tram = Methods.named("sam").builder().setBaseOptimizer(still).build();
        String output = folder.toString();
        DefaultTrainingConfig config =
                tram.trainingConfig(Loss.softmaxCrossEntropyLoss())
                        .optDevices(new Device[] {Device.cpu()})
                        .addEvaluator(new Accuracy())
                        .addTrainingListeners(
                                new EpochTrainingListener(),
                                new EvaluatorTrainingListener(),
                                new SaveModelTrainingListener(output, "net", 1),
                                new MemoryTrainingListener(output),
                                new TimeMeasureTrainingListener(output),
                                EarlyStoppingListener.builder()
                                        .optEpochPatience(2)
                                        .optEarlyStopPctImprovement(1)
                                        .build());
        try (manager;
                Model model = of(mlp())) {
            Trainer trainer = model.newTrainer(config);
            trainer.initialize(new Shape(8, FEATURES));
            trainer.setMetrics(new Metrics());
            ArrayDataset dataset = dataset().build();
            // Two epochs in a row without improvement on the first.
            assertThatThrownBy(() -> EasyTrain.fit(trainer, 9, dataset, dataset))
                    .isInstanceOf(EarlyStoppedException.class)
                    .satisfies(
                            e ->
                                    assertThat(((EarlyStoppedException) e).getStopEpoch())
                                            .isEqualTo(3));
            assertThat(tram.batches()).isEqualTo(12);
            assertThat(trainer.getMetrics().getMetric("tram_perturbation_norm")).hasSize(12);
            trainer.close();
            assertThat(Files.readAllLines(folder.resolve("training.log"))).hasSize(9);
            assertThat(folder.resolve("memory.log")).exists();
            try (Model saved = of(mlp())) {
                saved.load(folder, "net", Map.of("epoch", "3"));
                Training.assertSameBits(
                        Training.weights(saved.getBlock()), Training.weights(model.getBlock()));
            }
        }
    }
}
