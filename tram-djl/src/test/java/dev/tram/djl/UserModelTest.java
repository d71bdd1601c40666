package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.translate.TranslateException;
import dev.tram.core.Ascent;
import dev.tram.core.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The user's model, loop, threads and arrays are what they are without the two-pass pair. */
class UserModelTest {

    @TempDir Path folder;

    static List<String> methods() {
        return Methods.names();
    }

    private byte[] saved(Model model, String name) throws IOException {
        model.save(folder.resolve(name), "model");
        return Files.readAllBytes(folder.resolve(name).resolve("model-0000.params"));
    }

    @ParameterizedTest
    @EnumSource(TestModel.class)
    void savesTheSameFileDuringAndAfterTraining(TestModel kind) throws IOException {
        byte[] expected;
        try (Training plain = Training.plain(kind, Training.sgd())) {
            plain.steps(0, 2);
            expected = saved(plain.model, "plain");
        }
        Training training =
                new Training(
                        kind,
                        Training.method("sam")
                                .optAscent(Ascent.sam(0.05f).withSchedule(Schedule.from(9)))
                                .build());
        try (training) {
            training.steps(0, 2);
            byte[] during = saved(training.model, "during");
            if (kind != TestModel.DROPOUT && kind != TestModel.TOKENS) {
                assertThat(during).isEqualTo(expected);
            }
            training.trainBatch(2);
            assertThat(saved(training.model, "within")).hasSameSizeAs(expected);
            training.trainer.step();
            Map<String, float[]> trained = training.weights();
            byte[] before = saved(training.model, "before");
            training.trainer.close();
            assertThat(training.model.getBlock()).isSameAs(training.hook);
            assertThat(saved(training.model, "after")).isEqualTo(before);
            Training.assertSameBits(training.weights(), trained);
        }
    }

    @ParameterizedTest
    @EnumSource(TestModel.class)
    void keepsNamesShapesAndDescriptions(TestModel kind) {
        try (Training plain = Training.plain(kind, Training.sgd());
                Training training = new Training(kind, Training.method("sam").build())) {
            Block expected = plain.model.getBlock();
            Block wrapped = training.model.getBlock();
            assertThat(wrapped.getParameters().keys()).isEqualTo(expected.getParameters().keys());
            assertThat(wrapped.getChildren().keys()).isEqualTo(expected.getChildren().keys());
            assertThat(wrapped.describeInput().toString())
                    .isEqualTo(expected.describeInput().toString());
            Shape[] input = {kind.inputShape(3)};
            assertThat(wrapped.getOutputShapes(input)).isEqualTo(expected.getOutputShapes(input));
            assertThat(wrapped.getInputShapes()).isEqualTo(expected.getInputShapes());
            assertThat(wrapped.isInitialized()).isTrue();
        }
    }

    @Test
    void loadsParametersDuringTraining() throws Exception {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.step(0);
            Map<String, float[]> early = training.weights();
            training.model.save(folder.resolve("early"), "model");
            Path file = folder.resolve("early").resolve("model-0000.params");
            try (Model other = Model.newInstance("model", "PyTorch")) {
                other.setBlock(new HookBlock(TestModel.MLP.newBlock()));
                other.load(folder.resolve("early"), "model");
                Training.assertSameBits(Training.weights(other.getBlock()), early);
            }
            assertThat(file).isNotEmptyFile();
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void trainsOnAThreadThatRecordsGradients(String method) throws Exception {
        Map<String, float[]> expected;
        try (Training training = new Training(TestModel.TOKENS, Training.method(method).build())) {
            training.steps(0, 4);
            expected = training.weights();
        }
        FutureTask<Map<String, float[]>> task =
                new FutureTask<>(
                        () -> {
                            assertThat(JniUtils.isGradMode()).isTrue();
                            try (Training training =
                                    new Training(
                                            TestModel.TOKENS, Training.method(method).build())) {
                                training.steps(0, 4);
                                assertThat(JniUtils.isGradMode()).isTrue();
                                return training.weights();
                            }
                        });
        Thread thread = new Thread(task, "training");
        thread.start();
        Training.assertSameBits(task.get(), expected);
        thread.join();
    }

    @Test
    void aBaseOptimizerOfArrayOperationsWorksOnSuchAThread() throws Exception {
        FutureTask<Map<String, float[]>> task =
                new FutureTask<>(() -> trainedBy(new HandWrittenSgd(0.1f)));
        Thread thread = new Thread(task, "training");
        thread.start();
        Training.assertSameBits(task.get(), trainedBy(new HandWrittenSgd(0.1f)));
        thread.join();
    }

    private static Map<String, float[]> trainedBy(Optimizer base) {
        TramOptimizer tram = Methods.named("sam").builder().setBaseOptimizer(base).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.steps(0, 3);
            return training.weights();
        }
    }

    @Test
    void servesSeveralTrainersInTurn() {
        TramOptimizer tram = Training.method("tram-previous").build();
        try (Training first = new Training(TestModel.MLP, tram)) {
            first.steps(0, 3);
            assertThat(tram.lastStep().distance()).isPositive();
        }
        Map<String, float[]> second;
        try (Training training = new Training(TestModel.BATCH_NORM, tram)) {
            TramStep step = training.step(0);
            assertThat(step.kind()).isEqualTo(TramStep.Kind.PLAIN);
            assertThat(step.distance()).isZero();
            training.steps(1, 3);
            second = training.weights();
        }
        try (Training alone =
                new Training(TestModel.BATCH_NORM, Training.method("tram-previous").build())) {
            alone.steps(0, 3);
            Training.assertSameBits(second, alone.weights());
        }
    }

    @Test
    void goesOnWithTheSameModelInASecondTrainer() {
        TramOptimizer tram =
                Methods.named("sam").builder().setBaseOptimizer(Training.adam()).build();
        try (Training training = new Training(TestModel.MLP, tram);
                Training whole =
                        new Training(
                                TestModel.MLP,
                                Methods.named("sam")
                                        .builder()
                                        .setBaseOptimizer(Training.adam())
                                        .build())) {
            training.steps(0, 3);
            training.reopen();
            training.steps(3, 6);
            whole.steps(0, 6);
            Training.assertSameBits(training.weights(), whole.weights());
        }
    }

    @Test
    void fitsADatasetInAnUnchangedLoop() throws IOException, TranslateException {
        int epochs = 3;
        TramOptimizer tram = Training.method("tram-previous").build();
        List<Long> sizes = new ArrayList<>();
        List<TramStep.Kind> kinds = new ArrayList<>();
        TrainingListener observer =
                new TrainingListenerAdapter() {
                    @Override
                    public void onTrainingBatch(Trainer trainer, BatchData batchData) {
                        sizes.add((long) batchData.getBatch().getSize());
                        kinds.add(tram.lastStep().kind());
                    }
                };
        Map<String, float[]> fitted;
        Metrics metrics = new Metrics();
        try (Training training =
                        new Training(
                                TestModel.MLP,
                                tram,
                                new PositionLoss(),
                                config -> config.addTrainingListeners(observer));
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            training.trainer.setMetrics(metrics);
            EasyTrain.fit(training.trainer, epochs, dataset(manager, 20), dataset(manager, 10));
            fitted = training.weights();
        }
        assertThat(sizes).containsExactly(8L, 8L, 4L, 8L, 8L, 4L, 8L, 8L, 4L);
        assertThat(kinds.subList(1, 9)).containsOnly(TramStep.Kind.ASCENDED);
        for (String name :
                List.of(
                        "tram_distance",
                        "tram_gradient_norm",
                        "tram_perturbation_norm",
                        "tram_perturbed_loss")) {
            assertThat(metrics.getMetric(name)).as(name).hasSize(9);
        }
        assertThat(metrics.latestMetric("tram_distance").getValue().doubleValue())
                .isEqualTo(tram.lastStep().distance());
        try (Training byHand =
                        new Training(TestModel.MLP, Training.method("tram-previous").build());
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            for (int epoch = 0; epoch < epochs; epoch++) {
                for (Batch batch : byHand.trainer.iterateDataset(dataset(manager, 20))) {
                    EasyTrain.trainBatch(byHand.trainer, batch);
                    byHand.trainer.step();
                    batch.close();
                }
            }
            Training.assertSameBits(fitted, byHand.weights());
        }
    }

    private static ArrayDataset dataset(NDManager manager, int size) {
        return new ArrayDataset.Builder()
                .setData(TestModel.MLP.data(manager, 1, size))
                .optLabels(TestModel.MLP.labels(manager, 1, size))
                .setSampling(8, false)
                .build();
    }

    @Test
    void keepsTheUsersArrays() {
        try (Training training = new Training(TestModel.MLP, Training.method("asam+r3f").build());
                Batch batch = training.batch(0)) {
            NDArray before = batch.getManager().create(new float[] {1, 3});
            NDArray attached = training.trainer.getManager().create(2f);
            attached.attach(batch.getManager());
            TrainingListener.BatchData data =
                    new TrainingListener.BatchData(
                            batch, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
            NDArray loss;
            NDList outputs;
            try (var collector = training.trainer.newGradientCollector()) {
                outputs = training.trainer.forward(batch.getData(), batch.getLabels());
                loss = training.trainer.getLoss().evaluate(batch.getLabels(), outputs);
                collector.backward(loss);
            }
            NDArray between = batch.getManager().create(new float[] {5, 6});
            NDArray confidences = outputs.head().softmax(-1).max(new int[] {-1});
            NDArray next = training.trainer.getManager().create(7f);
            next.attach(batch.getManager());
            data.getLabels().put(training.device(), batch.getLabels());
            data.getPredictions().put(training.device(), outputs);
            training.trainer.notifyListeners(
                    listener -> listener.onTrainingBatch(training.trainer, data));
            training.trainer.step();
            assertThat(before.toFloatArray()).containsExactly(1f, 3f);
            assertThat(attached.getFloat()).isEqualTo(2f);
            assertThat(between.toFloatArray()).containsExactly(5f, 6f);
            assertThat(confidences.toFloatArray()).hasSize(8);
            assertThat(next.getFloat()).isEqualTo(7f);
            assertThat((double) loss.getFloat()).isEqualTo(training.tram.lastStep().loss());
            assertThat(outputs.head().toFloatArray()).hasSize(24);
            assertThat(batch.getData().head().toFloatArray()).hasSize(40);
            assertThat(batch.getLabels().head().toFloatArray()).hasSize(8);
        }
    }

    @Test
    void freesWhatTheFirstPassLeft() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build());
                Batch batch = training.batch(0)) {
            List<List<NDArray>> held = new ArrayList<>();
            NDList firstOutputs = new NDList();
            training.hook.setHook(
                    (pass, outputs) -> {
                        held.add(batch.getManager().getManagedArrays());
                        firstOutputs.addAll(pass == 1 ? outputs : new NDList());
                        return outputs;
                    });
            EasyTrain.trainBatch(training.trainer, batch);
            Set<NDArray> activations = Collections.newSetFromMap(new IdentityHashMap<>());
            activations.addAll(held.get(0));
            firstOutputs.forEach(activations::remove);
            batch.getData().forEach(activations::remove);
            batch.getLabels().forEach(activations::remove);
            assertThat(activations).isNotEmpty();
            assertThat(held.get(1).stream().filter(activations::contains)).isEmpty();
            assertThat(batch.getManager().getManagedArrays().stream())
                    .filteredOn(array -> !array.getShape().isScalar())
                    .as("data, labels and outputs")
                    .hasSize(3);
        }
    }

    @Test
    void leavesFrozenParametersAloneAndFollowsThemWhenTheyThaw() {
        for (String method : Methods.names()) {
            try (Training training =
                    new Training(TestModel.FROZEN, Training.method(method).build())) {
                String first = training.hook.getParameters().keys().get(0);
                float[] frozen = training.weights().get(first);
                training.steps(0, 3);
                assertThat(training.weights().get(first)).as(method).isEqualTo(frozen);
                training.parameter(0).freeze(false);
                training.steps(3, 6);
                float[] thawed = training.weights().get(first);
                assertThat(thawed).as(method).isNotEqualTo(frozen);
                training.parameter(0).freeze(true);
                training.steps(6, 9);
                assertThat(training.weights().get(first)).as(method).isEqualTo(thawed);
                assertThat(training.tram.skippedSteps()).isZero();
            }
        }
    }

    @Test
    void aTiedParameterIsUpdatedOnce() {
        try (Training tied = new Training(TestModel.TIED, Training.method("sgd").build());
                Training plain = Training.plain(TestModel.TIED, Training.sgd())) {
            tied.steps(0, 3);
            plain.steps(0, 3);
            Training.assertSameBits(tied.weights(), plain.weights());
        }
    }

    @Test
    void aTiedParameterAscendsOnce() {
        try (Training tied =
                new Training(
                        TestModel.TIED,
                        Methods.named("sam")
                                .with(HyperParameter.RHO, 0.5f)
                                .builder()
                                .setBaseOptimizer(Training.sgd())
                                .build())) {
            TramStep step = tied.step(0);
            assertThat(step.perturbationNorm()).isCloseTo(0.5, within(1e-6));
            assertThat(step.realisedNorm()).isCloseTo(0.5, within(1e-6));
        }
    }

    @Test
    void closesOnceAndLetsGoOfTheModel() {
        TramOptimizer tram = Training.method("sam").build();
        Training training = new Training(TestModel.MLP, tram);
        training.step(0);
        training.close();
        tram.close();
        assertThat(tram.lastStep().kind()).isEqualTo(TramStep.Kind.ASCENDED);
        assertThatThrownBy(() -> tram.save(folder.resolve("x")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("listener");
    }

    /** Gradient descent by operations that autograd records where it is on. */
    private static final class HandWrittenSgd extends Optimizer {

        private final float rate;

        HandWrittenSgd(float rate) {
            super(Optimizer.sgd());
            this.rate = rate;
        }

        @Override
        public void update(String parameterId, NDArray weight, NDArray grad) {
            try (NDArray step = grad.mul(rate)) {
                weight.subi(step);
            }
        }
    }
}
