package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The peak of resident memory beside that of DJL's Adam alone, each in a process of its own. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class PeakMemoryTest {

    private static final String PLAIN = "plain";

    /** GPT-2's shape, 6.85 million parameters; two extra passes that keep their graphs: 1.61. */
    @Test
    void isAQuarterMoreAtMost() throws Exception {
        CompletableFuture<Map<String, Double>> adam = run(PLAIN);
        CompletableFuture<Map<String, Double>> tram = run("tram-previous");
        double ratio = tram.get().get("peak") / adam.get().get("peak");
        assertThat(ratio).as("%s %s", tram.get(), adam.get()).isLessThanOrEqualTo(1.25);
    }

    private static CompletableFuture<Map<String, Double>> run(String method) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return ChildJvm.run(LanguageModel.class, method);
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                });
    }

    /** Trains on three batches of 8 sequences. */
    static final class LanguageModel {

        private static final int BATCH_SIZE = 8;
        private static final long LENGTH = 256;
        private static final long VOCABULARY = 8000;

        private LanguageModel() {}

        public static void main(String[] arguments) throws Exception {
            DefaultTrainingConfig config = new DefaultTrainingConfig(new NextTokenLoss());
            if (arguments[0].equals(PLAIN)) {
                config.optOptimizer(Training.adam());
            } else {
                TramOptimizer tram = Training.method(arguments[0], Training.adam()).build();
                config.optOptimizer(tram).addTrainingListeners(tram.listener());
            }
            try (Model model = Model.newInstance("language", "PyTorch")) {
                model.setBlock(new SmallGpt(6, 256, VOCABULARY, LENGTH));
                Trainer trainer = model.newTrainer(config);
                trainer.initialize(new Shape(BATCH_SIZE, LENGTH));
                for (int step = 0; step < 3; step++) {
                    NDManager manager = trainer.getManager().newSubManager();
                    NDArray ids =
                            manager.arange((int) (BATCH_SIZE * LENGTH))
                                    .mul(31 + step)
                                    .mod(VOCABULARY)
                                    .toType(DataType.INT64, false)
                                    .reshape(BATCH_SIZE, LENGTH);
                    NDArray labels = ids.add(1).mod(VOCABULARY).toType(DataType.FLOAT32, false);
                    try (Batch batch = Training.batch(manager, ids, labels)) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.step();
                    }
                }
                ChildJvm.report("peak", ChildJvm.residentMemory(true));
                trainer.close();
            }
        }
    }

    private static final class NextTokenLoss extends Loss {

        private final Loss loss = Loss.softmaxCrossEntropyLoss();

        NextTokenLoss() {
            super("NextTokenLoss");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            NDArray logits = predictions.head();
            NDArray rows = logits.reshape(-1, logits.getShape().get(2));
            return loss.evaluate(new NDList(labels.head().reshape(-1)), new NDList(rows));
        }
    }
}
