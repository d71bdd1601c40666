package dev.tram.examples;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.*;
import ai.djl.training.dataset.*;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.transformers.model.*;
import dev.tram.djl.transformers.tokenizer.*;
import dev.tram.examples.checkpoint.*;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.*;
import java.util.stream.*;
import java.util.zip.GZIPInputStream;

/**
 * Fine-tunes MiniLM to tell spam from ham, by TRAM. The argument is the directory that gets the
 * trained model.
 */
public final class FineTuneTexts {

    private static final int TRAINING = 320;
    private static final List<String> CLASSES = List.of("ham", "spam");

    private FineTuneTexts() {}

    private record Mail(String text, String label) {}

    public static void main(String[] arguments) throws Exception {
        Path target = TargetArgument.of(FineTuneTexts.class, arguments);
        Engine.getInstance().setRandomSeed(1);
        List<Mail> mails = mails();
        Path pretrained = Checkpoints.locate("minilm", new ConsoleProgress());
        Checkpoint checkpoint = Checkpoint.open(pretrained).withMeanPooling(CLASSES);
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(
                                Optimizer.adam()
                                        .optLearningRateTracker(Tracker.fixed(1e-4f))
                                        .build())
                        .build();
        DefaultTrainingConfig config = tram.trainingConfig(Loss.softmaxCrossEntropyLoss());
        try (tram;
                Model model = Model.newInstance("mails");
                TextTokenizer tokenizer =
                        TextTokenizer.builder().setDirectory(pretrained).optMaxLength(32).build()) {
            NDManager manager = model.getNDManager();
            Dataset training = dataset(manager, tokenizer, mails.subList(0, TRAINING));
            Dataset test = dataset(manager, tokenizer, mails.subList(TRAINING, 520));
            TransformerModel block = checkpoint.load(manager);
            model.setBlock(block);
            try (Trainer trainer = model.newTrainer(config)) {
                System.out.printf("accuracy before: %.1f %%%n", accuracy(trainer, test));
                EasyTrain.fit(trainer, 1, training, null);
                System.out.printf("accuracy after: %.1f %%%n", accuracy(trainer, test));
            }
            checkpoint.save(block, target);
            String text = "You have won a prize, claim it now";
            NDList one = tokenizer.encode(manager, List.of(text)).toList();
            TransformerModel saved = Checkpoint.open(target).load(manager);
            NDArray logits = saved.forward(new ParameterStore(manager, false), one, false).head();
            String found = CLASSES.get((int) logits.argMax(1).getLong());
            System.out.printf("\"%s\" is %s%n", text, found);
        }
    }

    /** Lines of group, label, subject and text, in an order by chance. */
    private static List<Mail> mails() throws IOException {
        InputStream resource =
                FineTuneTexts.class.getResourceAsStream("task/texttable/spam.tsv.gz");
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                new GZIPInputStream(resource), StandardCharsets.UTF_8))) {
            List<Mail> mails =
                    lines.lines()
                            .skip(1)
                            .map(line -> line.split("\t", -1))
                            .map(row -> new Mail(row[3], row[1]))
                            .collect(Collectors.toList());
            Collections.shuffle(mails, new Random(1));
            return mails;
        }
    }

    private static Dataset dataset(NDManager manager, TextTokenizer tokenizer, List<Mail> mails) {
        TokenBatch tokens = tokenizer.encode(manager, mails.stream().map(Mail::text).toList());
        long[] labels = mails.stream().mapToLong(mail -> CLASSES.indexOf(mail.label())).toArray();
        return new ArrayDataset.Builder()
                .setData(tokens.ids(), tokens.mask(), tokens.types())
                .optLabels(manager.create(labels))
                .setSampling(16, true)
                .build();
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
