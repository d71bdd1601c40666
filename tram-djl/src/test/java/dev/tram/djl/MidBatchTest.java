package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program does, or what fails, in the midst of a batch: the rest is as if it had not. */
class MidBatchTest {

    private static final int STEPS = 6;
    private static final int BATCH = 3;

    /** Where a batch can be interrupted; those of the second pass have no counterpart in MSAM. */
    private enum Place {
        FORWARD("forward", 1),
        LOSS("loss", 1),
        BEFORE_BACKWARD("loss done", 1),
        LISTENER("listener", 1),
        SECOND_FORWARD("forward", 2),
        SECOND_LOSS("loss", 2),
        SECOND_BACKWARD("loss done", 2);

        private static final Set<Place> FIRST = Set.of(FORWARD, LOSS, BEFORE_BACKWARD, LISTENER);

        private final String name;
        private final int occurrence;

        Place(String name, int occurrence) {
            this.name = name;
            this.occurrence = occurrence;
        }

        boolean isInFirstPass() {
            return FIRST.contains(this);
        }
    }

    @TempDir private Path folder;

    private Place place;
    private Runnable action;
    private int occurrences;

    static Stream<Arguments> places() {
        return Stream.of("sam", "tram-pretrained", "asam+mesa", "gsam", "msam", "trpo")
                .flatMap(
                        method ->
                                Stream.of(Place.values())
                                        .filter(p -> p.isInFirstPass() || hasSecondPass(method))
                                        .map(p -> Arguments.of(method, p)));
    }

    /** Without an ascent, gradients of a failed batch count as ones accumulated by hand. */
    static Stream<Arguments> failures() {
        return places().filter(
                        arguments ->
                                arguments.get()[1] != Place.LISTENER
                                        || Training.ascends((String) arguments.get()[0]));
    }

    static Stream<Arguments> firstPlaces() {
        return places().filter(arguments -> ((Place) arguments.get()[1]).isInFirstPass());
    }

    private static boolean hasSecondPass(String method) {
        return Training.hasSecondPass(method);
    }

    private void reach(String name) {
        if (action != null && place.name.equals(name) && ++occurrences == place.occurrence) {
            Runnable now = action;
            action = null;
            now.run();
        }
    }

    private void at(Place where, Runnable what) {
        place = where;
        action = what;
        occurrences = 0;
    }

    private Training training(String method, TestModel model) {
        TramOptimizer tram = Training.method(method, Training.adam()).optMaxGradNorm(1).build();
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(tram.loss(new ObservedLoss()))
                        .optOptimizer(tram)
                        .addTrainingListeners(new Observer(), tram.listener());
        Training training = Training.with(model, tram, config);
        training.hook.setHook(
                (pass, outputs) -> {
                    reach("forward");
                    return outputs;
                });
        return training;
    }

    /** All that outlives a step, as a checkpoint has it. */
    private byte[] state(Training training) {
        try {
            Path file = folder.resolve("state");
            training.tram.save(file);
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] undisturbed(String method, TestModel model) {
        try (Training training = training(method, model)) {
            training.steps(0, STEPS);
            return state(training);
        }
    }

    private static byte[] model(Training training) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            training.model.getBlock().saveParameters(new DataOutputStream(bytes));
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aBatchThatFailsLeavesNoTrace(String method, Place where) {
        byte[] expected = undisturbed(method, TestModel.BATCH_NORM);
        try (Training training = training(method, TestModel.BATCH_NORM)) {
            training.steps(0, BATCH);
            at(where, MidBatchTest::fail);
            assertThatThrownBy(() -> training.trainBatch(7))
                    .isInstanceOf(HookBlock.TestFailure.class);
            if (where == Place.LISTENER) {
                // Its gradients cannot be told from ones accumulated by hand.
                assertThatThrownBy(() -> training.trainBatch(BATCH))
                        .hasMessageContaining("its gradients are 0 again");
            }
            training.steps(BATCH, STEPS);
            assertThat(state(training)).isEqualTo(expected);
        }
    }

    private static void fail() {
        throw new HookBlock.TestFailure();
    }

    /** A batch without the configuration's loss around it, of which only the next one tells. */
    @ParameterizedTest
    @ValueSource(strings = {"sam", "msam"})
    void aForwardPassThatNothingFollowsLeavesNoTrace(String method) {
        byte[] expected = undisturbed(method, TestModel.BATCH_NORM);
        try (Training training = training(method, TestModel.BATCH_NORM)) {
            training.steps(0, BATCH);
            try (var batch = training.batch(7)) {
                training.trainer.forward(batch.getData(), batch.getLabels());
            }
            training.steps(BATCH, STEPS);
            assertThat(state(training)).isEqualTo(expected);
        }
    }

    /** What is saved before the batch is told is the state before it; the batch goes on. */
    @ParameterizedTest
    @MethodSource("firstPlaces")
    void aCheckpointInTheFirstPassIsThatBeforeTheBatch(String method, Place where) {
        byte[] expected = undisturbed(method, TestModel.BATCH_NORM);
        try (Training training = training(method, TestModel.BATCH_NORM)) {
            training.steps(0, BATCH);
            byte[] before = state(training);
            at(where, () -> assertThat(state(training)).isEqualTo(before));
            training.steps(BATCH, STEPS);
            assertThat(action).isNull();
            assertThat(state(training)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-previous"})
    void aCheckpointFromWithinTheSecondPassIsRefused(String method) {
        byte[] expected = undisturbed(method, TestModel.BATCH_NORM);
        try (Training training = training(method, TestModel.BATCH_NORM)) {
            training.steps(0, BATCH);
            byte[] before = state(training);
            Path file = folder.resolve("state");
            at(
                    Place.SECOND_LOSS,
                    () -> {
                        assertThatThrownBy(() -> training.tram.save(file))
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("received: a call from within a pass");
                        assertThatThrownBy(() -> training.tram.load(file))
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("received: a call from within a pass");
                    });
            training.step(BATCH);
            assertThat(file).hasBinaryContent(before);
            training.steps(BATCH + 1, STEPS);
            assertThat(state(training)).isEqualTo(expected);
        }
    }

    /** The model's own file has θ at any moment, and saving it disturbs no pass. */
    @ParameterizedTest
    @MethodSource("places")
    void aModelIsSavedAtTheta(String method, Place where) {
        byte[] expected = undisturbed(method, TestModel.MLP);
        try (Training training = training(method, TestModel.MLP)) {
            training.steps(0, BATCH);
            byte[] before = model(training);
            at(where, () -> assertThat(model(training)).isEqualTo(before));
            training.steps(BATCH, STEPS);
            assertThat(action).isNull();
            assertThat(state(training)).isEqualTo(expected);
        }
    }

    /** Float16 weights are rounded from θ in float32, which is what a checkpoint has. */
    @ParameterizedTest
    @ValueSource(strings = {"sam", "msam"})
    void aModelInFloat16IsSavedAtTheta(String method) throws IOException {
        Block block =
                new SequentialBlock()
                        .addSingleton(x -> x.toType(DataType.FLOAT16, false))
                        .add(TestModel.MLP.newBlock());
        TramOptimizer tram = Training.method(method, Training.adam()).build();
        Loss loss = new ObservedLoss();
        try (Training training = Training.of(TestModel.MLP, block, DataType.FLOAT16, tram, loss)) {
            training.steps(0, BATCH);
            byte[] before = model(training);
            byte[] saved = state(training);
            at(Place.BEFORE_BACKWARD, () -> assertThat(state(training)).isEqualTo(saved));
            training.trainBatch(BATCH);
            training.trainer.step();
            byte[] after = model(training);
            training.tram.load(folder.resolve("state"));
            assertThat(model(training)).isEqualTo(before);
            at(
                    hasSecondPass(method) ? Place.SECOND_BACKWARD : Place.BEFORE_BACKWARD,
                    () -> assertThat(model(training)).isEqualTo(before));
            training.step(BATCH);
            assertThat(action).isNull();
            assertThat(model(training)).isEqualTo(after);
        }
    }

    /** A batch that is under way has no place in a run that is loaded. */
    @ParameterizedTest
    @ValueSource(strings = {"sam", "msam", "trpo"})
    void loadingGivesUpABatchUnderWay(String method) throws IOException {
        byte[] expected = undisturbed(method, TestModel.BATCH_NORM);
        Path file = folder.resolve("run");
        try (Training training = training(method, TestModel.BATCH_NORM)) {
            training.steps(0, BATCH);
            training.tram.save(file);
            for (boolean told : List.of(false, true)) {
                training.steps(BATCH, BATCH + 1);
                if (told) {
                    training.trainBatch(9);
                } else {
                    at(Place.LISTENER, () -> load(training, file));
                    assertThatThrownBy(() -> training.trainBatch(9))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("into which load(path) came");
                }
                load(training, file);
                assertThatThrownBy(training.trainer::step)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("step() without a completed batch");
                assertThat(training.tram.batches()).isEqualTo(BATCH);
            }
            training.steps(BATCH, STEPS);
            assertThat(state(training)).isEqualTo(expected);
        }
    }

    private static void load(Training training, Path file) {
        try {
            training.tram.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** After a batch that failed, nothing but a batch tells that it did. */
    @Test
    void aRunCanBeSavedAndLoadedAfterAFailure() throws IOException {
        Path file = folder.resolve("rescued");
        byte[] expected = undisturbed("msam", TestModel.BATCH_NORM);
        try (Training training = training("msam", TestModel.BATCH_NORM);
                Training resumed = training("msam", TestModel.BATCH_NORM)) {
            training.steps(0, BATCH);
            training.trainer.failBackwardAt(1);
            assertThatThrownBy(() -> training.trainBatch(7))
                    .isInstanceOf(HookBlock.TestFailure.class);
            training.tram.save(file);
            resumed.tram.load(file);
            resumed.steps(BATCH, STEPS);
            assertThat(state(resumed)).isEqualTo(expected);
        }
    }

    private final class ObservedLoss extends Loss {

        private final Loss loss = new PositionLoss();

        ObservedLoss() {
            super("ObservedLoss");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            reach("loss");
            NDArray value = loss.evaluate(labels, predictions);
            reach("loss done");
            return value;
        }
    }

    private final class Observer extends TrainingListenerAdapter {

        @Override
        public void onTrainingBatch(Trainer trainer, BatchData batchData) {
            reach("listener");
        }
    }
}
