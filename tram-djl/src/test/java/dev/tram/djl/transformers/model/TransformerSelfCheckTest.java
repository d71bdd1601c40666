package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.tram.djl.Methods;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The optimizer's check of its second pass alarms at no transformer, whatever it computes in. */
class TransformerSelfCheckTest {

    private static final int BATCH = 4;
    private static final int STEPS = 5;

    private enum Architecture {
        /** Images of 8 by 8 pixels, with dropout. */
        VIT,
        /** A language model of 6 tokens, with dropout. */
        GPT2;

        TransformerModel newBlock() {
            return switch (this) {
                case VIT ->
                        new VisionTransformer(
                                new VitConfig(
                                        VitConfig.TYPE,
                                        16,
                                        1,
                                        2,
                                        32,
                                        ActivationFunction.GELU,
                                        0.1f,
                                        0.1f,
                                        0.02f,
                                        1e-12f,
                                        8,
                                        4,
                                        3,
                                        true,
                                        List.of("a", "b", "c")));
                case GPT2 -> new Gpt2(Gpt2Config.of(11, 8, 16, 1, 2));
            };
        }

        Shape inputShape() {
            return this == VIT ? new Shape(BATCH, 3, 8, 8) : new Shape(BATCH, 6);
        }

        NDArray data(NDManager manager, int number) {
            Shape shape = inputShape();
            NDArray values = manager.arange((float) shape.size()).add(number).reshape(shape);
            return this == VIT ? values.sin() : values.mod(11).toType(DataType.INT64, false);
        }

        NDArray labels(NDManager manager, int number) {
            return this == VIT
                    ? manager.arange((float) BATCH).mod(3)
                    : data(manager, number + 1).toType(DataType.FLOAT32, false);
        }
    }

    static Stream<Arguments> trainings() {
        List<String> methods = List.of("sam", "tram-previous", "tram-fisher", "asam+r3f");
        List<Arguments> trainings = new ArrayList<>();
        for (Architecture architecture : Architecture.values()) {
            for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16)) {
                for (String method : methods) {
                    trainings.add(Arguments.of(architecture, precision, method, 1));
                    trainings.add(Arguments.of(architecture, precision, method, 2));
                }
            }
        }
        return trainings.stream();
    }

    @ParameterizedTest(name = "{2} on {0} in {1}, threads: {3}")
    @MethodSource("trainings")
    void neverAlarms(Architecture architecture, Precision precision, String method, int threads) {
        int usual = JniUtils.getNumThreads();
        JniUtils.setNumThreads(threads);
        try {
            train(architecture, precision, method);
        } finally {
            JniUtils.setNumThreads(usual);
        }
    }

    private static void train(Architecture architecture, Precision precision, String method) {
        Optimizer base = Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.01f)).build();
        try (TramOptimizer tram = Methods.named(method).builder().setBaseOptimizer(base).build();
                Model model = Model.newInstance("model", Device.cpu(), "PyTorch")) {
            Engine.getEngine("PyTorch").setRandomSeed(3);
            TransformerModel block = architecture.newBlock();
            block.setPrecision(precision);
            model.setBlock(block);
            try (Trainer trainer = model.newTrainer(tram.trainingConfig(new PositionLoss()))) {
                trainer.initialize(architecture.inputShape());
                for (int step = 0; step < STEPS; step++) {
                    try (Batch batch = batch(trainer, architecture, step)) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.evaluate(batch.getData());
                        trainer.step();
                        trainer.evaluate(batch.getData());
                    }
                }
                assertThat(tram.batches()).isEqualTo(STEPS);
                assertThat(tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
            }
        }
    }

    private static Batch batch(Trainer trainer, Architecture architecture, int number) {
        NDManager manager = trainer.getManager().newSubManager();
        return new Batch(
                manager,
                new NDList(architecture.data(manager, number)),
                new NDList(architecture.labels(manager, number)),
                BATCH,
                Batchifier.STACK,
                Batchifier.STACK,
                0,
                0);
    }
}
