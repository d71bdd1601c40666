package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.listener.MemoryTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.translate.Batchifier;
import dev.tram.djl.tensorboard.TensorBoardListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing grows, however long one trains and however many optimizers there were. */
class LongRunTest {

    static List<String> methods() {
        return Methods.names();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void theNumberOfHandlesIsFlat(String method) throws ReflectiveOperationException {
        TramOptimizer tram = Training.method(method, Training.adam()).optMaxGradNorm(0.1f).build();
        try (Training training = new Training(TestModel.BATCH_NORM, tram)) {
            repeat(training, 4);
            int early = Handles.count();
            repeat(training, 6);
            assertThat(Handles.count()).isEqualTo(early);
        }
    }

    /** Trains on two batches in turn and once more with a pass that gives no number. */
    private static void repeat(Training training, int steps) {
        training.hook.setHook((pass, outputs) -> outputs);
        for (int step = 0; step < steps; step++) {
            training.step(step % 2);
        }
        training.hook.multiplyAt(1, Float.NaN);
        training.step(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-previous", "asam+r3f"})
    void theNumberOfHandlesIsFlatOverAccumulatedGroups(String method)
            throws ReflectiveOperationException {
        TramOptimizer tram =
                Methods.named(method)
                        .builder()
                        .setBaseOptimizer(Training.adam())
                        .optAccumulationSteps(2)
                        .build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.steps(0, 4);
            int early = Handles.count();
            training.steps(4, 10);
            assertThat(Handles.count()).isEqualTo(early);
        }
    }

    @Test
    void theNumberOfHandlesIsFlatOverLoads(@TempDir Path folder) throws Exception {
        TramOptimizer tram = Training.method("asam+mesa", Training.adam()).build();
        try (Training training = new Training(TestModel.BATCH_NORM, tram)) {
            training.steps(0, 2);
            loadAndStep(training, folder.resolve("run"), 2);
            int early = Handles.count();
            loadAndStep(training, folder.resolve("run"), 3);
            assertThat(Handles.count()).isEqualTo(early);
        }
    }

    private static void loadAndStep(Training training, Path file, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            training.tram.save(file);
            training.tram.load(file);
            training.step(i);
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void nothingIsLeftWhenAllIsClosed(String method) throws ReflectiveOperationException {
        // The first time leaves the compiled kernels, which live as long as the process.
        trainAndClose(method);
        int before = Handles.count();
        assertThat(trainAndClose(method)).isGreaterThan(before);
        assertThat(Handles.count()).isEqualTo(before);
    }

    /** Returns the number of handles before closing. */
    private static int trainAndClose(String method) throws ReflectiveOperationException {
        TramOptimizer tram = Training.method(method, Training.adam()).build();
        try (Training training = new Training(TestModel.TOKENS, tram)) {
            training.steps(0, 3);
            return Handles.count();
        }
    }

    @EnabledOnOs(OS.LINUX)
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"tram-previous", "asam+r3f"})
    void residentMemoryIsFlatOverTwoThousandSteps(String method) throws Exception {
        Map<String, Double> results = ChildJvm.run(ManySteps.class, method);
        assertThat(results.get("handles-2000")).isEqualTo(results.get("handles-1000"));
        assertThat(results.get("memory-2000") / results.get("memory-1000"))
                .as("%s", results)
                .isLessThan(1.03);
    }

    @EnabledOnOs(OS.LINUX)
    @Tag("slow")
    @Test
    void residentMemoryIsFlatOverFortyOptimizers() throws Exception {
        Map<String, Double> results = ChildJvm.run(ManyOptimizers.class);
        assertThat(results.get("handles-40")).isEqualTo(results.get("handles-20"));
        assertThat(results.get("memory-40") - results.get("memory-20"))
                .as("MiB, where each leaves 8 MiB with DJL's own: %s", results)
                .isLessThan(10);
    }

    /** As docs/training-guide.md has it: DJL's metrics keep every value unless they are limited. */
    @EnabledOnOs(OS.LINUX)
    @Tag("slow")
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    @Test
    void residentMemoryIsFlatOverTwoHundredThousandStepsWithListeners(@TempDir Path events)
            throws Exception {
        Map<String, Double> results =
                ChildJvm.run(Duration.ofMinutes(50), ManyListenedSteps.class, events.toString());
        assertThat(results.get("handles-200000")).isEqualTo(results.get("handles-100000"));
        assertThat(results.get("memory-200000") / results.get("memory-100000"))
                .as("%s", results)
                .isLessThan(1.03);
    }

    /** Trains 200,000 steps with DJL's listeners, TensorBoard's and limited metrics. */
    static final class ManyListenedSteps {

        private ManyListenedSteps() {}

        public static void main(String[] arguments) throws Exception {
            TramOptimizer tram =
                    Methods.named("tram-previous")
                            .builder()
                            .setBaseOptimizer(Training.adam())
                            .build();
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(tram.loss(Loss.softmaxCrossEntropyLoss()))
                            .optOptimizer(tram)
                            .addEvaluator(new Accuracy())
                            .addTrainingListeners(tram.listener())
                            .addTrainingListeners(TrainingListener.Defaults.logging())
                            .addTrainingListeners(new MemoryTrainingListener())
                            .addTrainingListeners(new TensorBoardListener(Path.of(arguments[0])));
            try (tram;
                    Model model = Model.newInstance("long")) {
                model.setBlock(new SequentialBlock().add(Linear.builder().setUnits(3).build()));
                try (Trainer trainer = model.newTrainer(config)) {
                    trainer.initialize(new Shape(1, 4));
                    Metrics metrics = new Metrics();
                    metrics.setLimit(1_000);
                    trainer.setMetrics(metrics);
                    train(trainer);
                }
            }
        }

        private static void train(Trainer trainer) throws Exception {
            NDArray data = trainer.getManager().create(new float[32], new Shape(8, 4)).add(1);
            NDArray labels = trainer.getManager().zeros(new Shape(8), DataType.INT64);
            trainer.notifyListeners(listener -> listener.onTrainingBegin(trainer));
            for (int step = 1; step <= 200_000; step++) {
                try (Batch batch = batch(trainer, data, labels)) {
                    EasyTrain.trainBatch(trainer, batch);
                    trainer.step();
                }
                if (step % 10_000 == 0) {
                    trainer.notifyListeners(listener -> listener.onEpoch(trainer));
                }
                if (step % 100_000 == 0) {
                    ChildJvm.report("memory-" + step, ChildJvm.residentMemory(false));
                    ChildJvm.report("handles-" + step, Handles.count());
                }
            }
        }

        private static Batch batch(Trainer trainer, NDArray data, NDArray labels) {
            NDManager manager = trainer.getManager().newSubManager();
            NDArray inputs = data.duplicate();
            NDArray targets = labels.duplicate();
            inputs.attach(manager);
            targets.attach(manager);
            return new Batch(
                    manager,
                    new NDList(inputs),
                    new NDList(targets),
                    8,
                    Batchifier.STACK,
                    Batchifier.STACK,
                    0,
                    0);
        }
    }

    /** Trains 2,000 steps. */
    static final class ManySteps {

        private ManySteps() {}

        public static void main(String[] arguments) throws Exception {
            TramOptimizer tram =
                    Methods.named(arguments[0]).builder().setBaseOptimizer(Training.adam()).build();
            try (Training training = new Training(TestModel.MLP, tram)) {
                for (int half = 1; half <= 2; half++) {
                    training.steps(1000 * (half - 1), 1000 * half);
                    ChildJvm.report("memory-" + 1000 * half, ChildJvm.residentMemory(false));
                    ChildJvm.report("handles-" + 1000 * half, Handles.count());
                }
            }
        }
    }

    /** Creates, uses and closes 40 optimizers on models of a million parameters. */
    static final class ManyOptimizers {

        private ManyOptimizers() {}

        public static void main(String[] arguments) throws Exception {
            for (int number = 1; number <= 40; number++) {
                TramOptimizer tram =
                        Methods.named("tram-previous")
                                .builder()
                                .setBaseOptimizer(Training.adam())
                                .build();
                try (Training training =
                        Training.of(TestModel.MLP, TestModel.wide(125_000), tram)) {
                    training.steps(0, 2);
                }
                if (number % 20 == 0) {
                    ChildJvm.report("memory-" + number, ChildJvm.residentMemory(false));
                    ChildJvm.report("handles-" + number, Handles.count());
                }
            }
        }
    }
}
