package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What the code in the documentation takes for granted. */
public abstract class SnippetContext implements AutoCloseable {

    /** A batch's shape. */
    protected final Shape inputShape = new Shape(8, 5);

    /** A model. */
    protected final Block block = TestModel.wideWithStatistics(8);

    /** An optimizer to wrap. */
    protected final Optimizer base = Training.adam();

    /** Data for the model. */
    protected final Dataset dataset;

    /** Three numbers to predict from each example. */
    protected final Dataset numbers;

    /** Token ids below 50, in sentences of 4. */
    protected final Dataset tokens;

    /** An empty folder but for a TorchScript model. */
    protected final Path folder;

    private final NDManager manager = NDManager.newBaseManager();

    /** Makes all of it. */
    protected SnippetContext() throws IOException {
        folder = Files.createTempDirectory("tram-snippet");
        NDArray classes = manager.arange(16f).mod(3);
        dataset = dataset(manager.randomNormal(new Shape(16, 5)), classes);
        numbers =
                dataset(
                        manager.randomNormal(new Shape(16, 5)),
                        manager.arange(48f).mod(2).reshape(16, 3));
        tokens = dataset(manager.arange(64).mod(50).reshape(16, 4), classes);
        new ScriptedModel("x", "return torch.linear(x, self.weight)")
                .parameter(
                        "weight", new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3}, 3, 5)
                .write(folder, "classifier");
    }

    private static Dataset dataset(NDArray data, NDArray labels) {
        return new ArrayDataset.Builder()
                .setData(data)
                .optLabels(labels)
                .setSampling(8, false)
                .build();
    }

    /** The code of a page. */
    public abstract void run() throws Exception;

    /** Code to add to code that only configures a training. */
    static String use(String code) {
        if (code.contains("newTrainer(")) {
            return "";
        }
        if (!code.contains("TramOptimizer tram")) {
            return "train(config, dataset);\n";
        }
        String config = code.contains("DefaultTrainingConfig config") ? "config" : "config(tram)";
        String data =
                code.contains("Loss.softmax") || config.equals("config(tram)")
                        ? "dataset"
                        : "numbers";
        return "train(tram, " + config + ", " + data + ");\n";
    }

    /** The configuration that a page leaves out. */
    protected TrainingConfig config(TramOptimizer tram) {
        return new DefaultTrainingConfig(tram.loss(Loss.softmaxCrossEntropyLoss()))
                .optOptimizer(tram)
                .addTrainingListeners(tram.listener());
    }

    /** Trains the model as configured. */
    protected void train(TramOptimizer tram, TrainingConfig config, Dataset data) throws Exception {
        try (tram) {
            train(config, data);
            assertThat(tram.batches()).isEqualTo(4);
            assertThat(tram.skippedSteps()).isZero();
        }
    }

    /** Trains the model as configured, by DJL's own means. */
    protected void train(TrainingConfig config, Dataset data) throws Exception {
        try (Model model = Model.newInstance("snippet")) {
            model.setBlock(block);
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(inputShape);
                EasyTrain.fit(trainer, 2, data, null);
            }
        }
    }

    @Override
    public void close() throws IOException {
        manager.close();
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : all) {
                Files.delete(file);
            }
        }
    }
}
