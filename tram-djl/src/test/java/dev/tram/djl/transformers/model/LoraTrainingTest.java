package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.tram.djl.Methods;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every method on an adapted model, with the dropout of its configuration. */
class LoraTrainingTest {

    @TempDir private Path directory;

    /** All but the one that ascends normalisation parameters, of which adapters have none. */
    static List<String> methods() {
        return Methods.names().stream().filter(name -> !name.equals("sam-on")).toList();
    }

    /** A trainer of the reference adapter. */
    private static final class Training implements AutoCloseable {

        private final ReferenceModel reference = ReferenceModel.of("lora-xlm-roberta-tiny");
        private final Model model = Model.newInstance("lora");
        private final TransformerModel block;
        private final TramOptimizer tram;
        private final Trainer trainer;

        Training(String method) throws IOException {
            Path base = ReferenceModel.of("xlm-roberta-tiny").directory();
            block = Checkpoint.open(base).load(model.getNDManager());
            block.adapters().load("reference", reference.directory());
            model.setBlock(block);
            Optimizer adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(1e-3f)).build();
            TramOptimizer.Builder builder = Methods.named(method).builder().setBaseOptimizer(adam);
            if (dev.tram.djl.Training.keepsPretrained(method)) {
                // What is kept has no dropout.
                builder.optReplayDropout(false);
            }
            tram = builder.build();
            trainer =
                    model.newTrainer(
                            new DefaultTrainingConfig(tram.loss(Loss.softmaxCrossEntropyLoss()))
                                    .optOptimizer(tram)
                                    .addTrainingListeners(tram.listener()));
        }

        void steps(int count) {
            for (int i = 0; i < count; i++) {
                NDManager owner = trainer.getManager().newSubManager();
                NDList labels = new NDList(reference.labels(owner));
                try (Batch batch =
                        new Batch(
                                owner,
                                reference.inputs(owner),
                                labels,
                                4,
                                Batchifier.STACK,
                                Batchifier.STACK,
                                0,
                                0)) {
                    EasyTrain.trainBatch(trainer, batch);
                    trainer.step();
                }
            }
        }

        void freezeFirst() {
            block.adapters().parameters("reference").values().iterator().next().freeze(true);
        }

        static Map<String, float[]> values(Map<String, Parameter> parameters) {
            Map<String, float[]> values = new LinkedHashMap<>();
            parameters.forEach((name, each) -> values.put(name, each.getArray().toFloatArray()));
            return values;
        }

        Map<String, float[]> base() {
            return values(TensorNames.of(block));
        }

        Map<String, float[]> adapter() {
            return values(block.adapters().parameters("reference"));
        }

        @Override
        public void close() {
            trainer.close();
            tram.close();
            model.close();
        }
    }

    private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        actual.forEach((name, each) -> assertThat(each).as(name).isEqualTo(expected.get(name)));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void everyMethodTrainsTheAdapterAlone(String method) throws IOException {
        Engine.getInstance().setRandomSeed(3);
        try (Training training = new Training(method)) {
            Map<String, float[]> base = training.base();
            Map<String, float[]> before = training.adapter();
            training.steps(3);
            TramStep last = training.tram.lastStep();
            assertThat(last.kind()).isNotEqualTo(TramStep.Kind.SKIPPED);
            assertThat(last.loss()).isFinite();
            assertSame(training.base(), base);
            Map<String, float[]> after = training.adapter();
            assertThat(after).hasSameSizeAs(before);
            after.forEach((name, each) -> assertThat(each).as(name).isNotEqualTo(before.get(name)));
        }
    }

    /** The adapter's file is all that is read: the rest comes from the user's checkpoint. */
    @ParameterizedTest
    @ValueSource(strings = {"tram-previous", "tram-pretrained", "tram-average", "tram-x", "mesa"})
    void trainingResumesBitForBit(String method) throws IOException {
        Path file = directory.resolve("run");
        Map<String, float[]> straight;
        Engine.getInstance().setRandomSeed(3);
        try (Training training = new Training(method)) {
            training.steps(2);
            training.tram.save(file);
            training.steps(2);
            straight = training.adapter();
        }
        Engine.getInstance().setRandomSeed(99);
        try (Training training = new Training(method)) {
            training.tram.load(file);
            training.steps(2);
            assertSame(training.adapter(), straight);
        }
    }

    /** A frozen adapter is one of what adapters adapt, of which checkpoints hold nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"tram-previous", "tram-average", "mesa", "friendly-sam"})
    void trainingResumesBitForBitWhereAnAdapterFreezesBeforeTheFirstBatch(String method)
            throws IOException {
        Path file = directory.resolve("run");
        Map<String, float[]> straight;
        Engine.getInstance().setRandomSeed(3);
        try (Training training = new Training(method)) {
            training.steps(2);
            training.tram.save(file);
            training.freezeFirst();
            training.steps(2);
            straight = training.adapter();
        }
        Engine.getInstance().setRandomSeed(99);
        try (Training training = new Training(method)) {
            training.tram.load(file);
            training.freezeFirst();
            training.steps(2);
            assertSame(training.adapter(), straight);
        }
    }

    @Test
    void aCheckpointOfAnotherModelIsRefused() throws IOException {
        Path file = directory.resolve("run");
        try (Training training = new Training("tram-pretrained")) {
            training.steps(1);
            training.tram.save(file);
        }
        try (Training training = new Training("tram-pretrained")) {
            Parameter word =
                    TensorNames.of(training.block).get("roberta.embeddings.word_embeddings.weight");
            word.getArray().addi(1e-3f);
            Map<String, float[]> before = training.adapter();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> training.tram.load(file))
                    .withMessageContaining("adapted_parameters");
            assertSame(training.adapter(), before);
        }
    }
}
