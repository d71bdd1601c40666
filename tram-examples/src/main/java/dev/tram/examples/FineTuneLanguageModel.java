package dev.tram.examples;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.*;
import ai.djl.training.dataset.*;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.transformers.model.*;
import dev.tram.djl.transformers.tokenizer.*;
import dev.tram.examples.checkpoint.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.*;
import java.util.zip.GZIPInputStream;

/**
 * Fine-tunes a small GPT-2 that read Moby Dick and old speeches on the State of the Union addresses
 * since 1933, by TRAM. The argument is the directory that gets the trained model.
 */
public final class FineTuneLanguageModel {

    private static final int BLOCK = 64;
    private static final int TRAINING = 640;
    private static final int TESTS = 160;

    private FineTuneLanguageModel() {}

    public static void main(String[] arguments) throws Exception {
        Path target = TargetArgument.of(FineTuneLanguageModel.class, arguments);
        Engine.getInstance().setRandomSeed(1);
        Path pretrained = Checkpoints.locate("sotu-gpt2", new ConsoleProgress());
        Checkpoint checkpoint = Checkpoint.open(pretrained);
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(
                                Optimizer.adam()
                                        .optLearningRateTracker(Tracker.fixed(5e-4f))
                                        .build())
                        .build();
        DefaultTrainingConfig config = tram.trainingConfig(new PositionLoss());
        try (tram;
                Model model = Model.newInstance("addresses");
                TextTokenizer tokenizer =
                        TextTokenizer.builder().setDirectory(pretrained).build()) {
            NDManager manager = model.getNDManager();
            long[] ids = tokenizer.encode(addresses());
            Dataset training = dataset(manager, ids, 0, TRAINING);
            Dataset test = dataset(manager, ids, TRAINING, TESTS);
            TransformerModel block = checkpoint.load(manager);
            model.setBlock(block);
            try (Trainer trainer = model.newTrainer(config)) {
                System.out.printf("perplexity before: %.1f%n", perplexity(trainer, test));
                EasyTrain.fit(trainer, 2, training, null);
                System.out.printf("perplexity after: %.1f%n", perplexity(trainer, test));
            }
            checkpoint.save(block, target);
            String text = "The Congress of the United";
            long[] words = tokenizer.encode(text);
            NDList one = new NDList(manager.create(words, new Shape(1, words.length)));
            TransformerModel saved = Checkpoint.open(target).load(manager);
            NDArray logits = saved.forward(new ParameterStore(manager, false), one, false).head();
            long next = logits.get("0, -1").argMax().getLong();
            System.out.printf(
                    "\"%s\" goes on with \"%s\"%n", text, tokenizer.decode(new long[] {next}));
        }
    }

    /** The addresses, one after the other. */
    private static String addresses() throws IOException {
        InputStream resource =
                FineTuneLanguageModel.class.getResourceAsStream(
                        "task/domains/sotu-1933-2021.tsv.gz");
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                new GZIPInputStream(resource), StandardCharsets.UTF_8))) {
            return lines.lines()
                    .skip(1)
                    .map(line -> line.substring(line.lastIndexOf('\t') + 1))
                    .collect(Collectors.joining("\n"));
        }
    }

    /** Blocks of T tokens, and as labels the token after each. */
    private static Dataset dataset(NDManager manager, long[] ids, int first, int count) {
        int begin = first * BLOCK;
        int end = begin + count * BLOCK;
        Shape shape = new Shape(count, BLOCK);
        return new ArrayDataset.Builder()
                .setData(manager.create(Arrays.copyOfRange(ids, begin, end), shape))
                .optLabels(manager.create(Arrays.copyOfRange(ids, begin + 1, end + 1), shape))
                .setSampling(8, true)
                .build();
    }

    private static double perplexity(Trainer trainer, Dataset test) throws Exception {
        double sum = 0;
        double all = 0;
        for (Batch batch : trainer.iterateDataset(test)) {
            try (batch) {
                NDList logits = trainer.evaluate(batch.getData());
                sum +=
                        new PositionLoss().evaluate(batch.getLabels(), logits).getFloat()
                                * batch.getSize();
                all += batch.getSize();
            }
        }
        return Math.exp(sum / all);
    }
}
