package dev.tram.examples;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.*;
import ai.djl.training.dataset.*;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.transformers.model.*;
import dev.tram.examples.checkpoint.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.*;
import java.util.stream.*;
import java.util.zip.GZIPInputStream;

/**
 * Fine-tunes a Vision Transformer that knows emoji on handwritten digits, by TRAM. The argument is
 * the directory that gets the trained model.
 */
public final class FineTuneImages {

    private static final int TRAINING = 1000;
    private static final int EPOCHS = 4;

    private FineTuneImages() {}

    public static void main(String[] arguments) throws Exception {
        Path target = TargetArgument.of(FineTuneImages.class, arguments);
        Engine.getInstance().setRandomSeed(1);
        List<int[]> digits = digits();
        List<String> classes = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
        Checkpoint checkpoint =
                Checkpoint.open(Checkpoints.locate("emoji-vit", new ConsoleProgress()))
                        .withNewHead(classes);
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(
                                Optimizer.adam()
                                        .optLearningRateTracker(Tracker.fixed(5e-4f))
                                        .build())
                        .build();
        DefaultTrainingConfig config = tram.trainingConfig(Loss.softmaxCrossEntropyLoss());
        try (tram;
                Model model = Model.newInstance("digits")) {
            NDManager manager = model.getNDManager();
            Dataset training = dataset(manager, digits.subList(0, TRAINING));
            Dataset test = dataset(manager, digits.subList(TRAINING, digits.size()));
            TransformerModel block = checkpoint.load(manager);
            model.setBlock(block);
            try (Trainer trainer = model.newTrainer(config)) {
                System.out.printf("accuracy before: %.1f %%%n", accuracy(trainer, test));
                EasyTrain.fit(trainer, EPOCHS, training, null);
                System.out.printf("accuracy after: %.1f %%%n", accuracy(trainer, test));
            }
            checkpoint.save(block, target);
            NDList one = new NDList(pixels(manager, digits.subList(TRAINING, TRAINING + 1)));
            TransformerModel saved = Checkpoint.open(target).load(manager);
            NDArray logits = saved.forward(new ParameterStore(manager, false), one, false).head();
            String found = classes.get((int) logits.argMax(1).getLong());
            System.out.printf("the digit %d is taken for %s%n", digits.get(TRAINING)[64], found);
        }
    }

    /** Rows of 64 grey levels, 0 to 16, and the digit, in an order by chance. */
    private static List<int[]> digits() throws IOException {
        InputStream resource = FineTuneImages.class.getResourceAsStream("task/emoji/digits.csv.gz");
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                new GZIPInputStream(resource), StandardCharsets.US_ASCII))) {
            List<int[]> digits =
                    lines.lines()
                            .map(line -> Arrays.stream(line.split(",", -1)))
                            .map(row -> row.mapToInt(Integer::parseInt).toArray())
                            .collect(Collectors.toList());
            Collections.shuffle(digits, new Random(1));
            return digits;
        }
    }

    private static Dataset dataset(NDManager manager, List<int[]> digits) {
        return new ArrayDataset.Builder()
                .setData(pixels(manager, digits))
                .optLabels(manager.create(digits.stream().mapToLong(row -> row[64]).toArray()))
                .setSampling(16, true)
                .build();
    }

    /** Ink on white as the model knows it: (N, 3, 32, 32), from -1 to 1. */
    private static NDArray pixels(NDManager manager, List<int[]> digits) {
        float[] ink = new float[digits.size() * 64];
        for (int i = 0; i < ink.length; i++) {
            ink[i] = digits.get(i / 64)[i % 64];
        }
        NDArray small = manager.create(ink, new Shape(digits.size(), 1, 8, 8));
        return small.div(-8).add(1).repeat(3, 4).repeat(2, 4).repeat(1, 3);
    }

    private static double accuracy(Trainer trainer, Dataset test) throws Exception {
        double right = 0;
        double all = 0;
        for (Batch batch : trainer.iterateDataset(test)) {
            try (batch) {
                NDArray found = trainer.evaluate(batch.getData()).head().argMax(1);
                right += found.eq(batch.getLabels().head()).countNonzero().getLong();
                all += batch.getSize();
            }
        }
        return 100 * right / all;
    }
}
