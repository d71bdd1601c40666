package dev.tram.examples;

import ai.djl.Model;
import ai.djl.ndarray.*;
import ai.djl.training.*;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.Methods;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.transformers.model.*;
import dev.tram.djl.transformers.tokenizer.*;
import dev.tram.examples.checkpoint.*;
import dev.tram.experiments.*;
import dev.tram.experiments.spark.SparkLocalSgd;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.*;
import java.util.stream.*;
import java.util.zip.GZIPInputStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Fine-tunes MiniLM to tell spam from ham, on the machines of Apache Spark. The argument is the
 * directory that gets the trained model; Spark's settings are system properties.
 */
public final class FineTuneTextsOnSpark implements SparkLocalSgd.Worker {

    private static final int TRAINING = 320;
    private static final int BATCH = 16;
    private static final List<String> CLASSES = List.of("ham", "spam");

    private record Mail(String text, String label) {}

    private final List<Mail> mails = mails();
    private final Checkpoint checkpoint;
    private final TextTokenizer tokenizer;
    private final Model model = Model.newInstance("mails");
    private final TransformerModel block;
    private final TramOptimizer tram;
    private final Trainer trainer;

    /** Opens the pretrained model, on whichever machine. */
    private FineTuneTextsOnSpark() throws IOException {
        Path pretrained = Checkpoints.locate("minilm", new ConsoleProgress());
        checkpoint = Checkpoint.open(pretrained).withMeanPooling(CLASSES);
        tokenizer = TextTokenizer.builder().setDirectory(pretrained).optMaxLength(32).build();
        Tracker rate = Tracker.fixed(1e-4f);
        Optimizer adam = Optimizer.adam().optLearningRateTracker(rate).build();
        tram = Methods.named("sam").builder().setBaseOptimizer(adam).build();
        model.getNDManager().getEngine().setRandomSeed(1);
        block = checkpoint.load(model.getNDManager());
        model.setBlock(block);
        trainer = model.newTrainer(tram.trainingConfig(Loss.softmaxCrossEntropyLoss()));
    }

    /** Trains by two workers, five steps a round, and saves the model. */
    public static void main(String[] arguments) throws Exception {
        Path target = TargetArgument.of(FineTuneTextsOnSpark.class, arguments);
        SparkConf conf =
                new SparkConf()
                        .setAppName("mails")
                        .setIfMissing("spark.driver.maxResultSize", "0")
                        .setIfMissing(
                                "spark.executor.extraClassPath",
                                System.getProperty("java.class.path"));
        try (JavaSparkContext spark = new JavaSparkContext(conf);
                FineTuneTextsOnSpark here = new FineTuneTextsOnSpark()) {
            System.out.printf("accuracy before: %.1f %%%n", here.accuracy());
            Path states = target.resolveSibling(target.getFileName() + "-states");
            Path state =
                    new SparkLocalSgd(spark, FineTuneTextsOnSpark::new)
                            .workers(2)
                            .localSteps(5)
                            .train(10, states);
            here.tram.load(state);
            System.out.printf("accuracy after: %.1f %%%n", here.accuracy());
            here.checkpoint.save(here.block, target);
        }
    }

    @Override
    public TramOptimizer optimizer() {
        return tram;
    }

    @Override
    public Trainer trainer() {
        return trainer;
    }

    @Override
    public Batch batch(int number, NDManager manager) {
        int[] items = new ShuffledStream(TRAINING, 1).batch(number, BATCH);
        return batch(manager, Arrays.stream(items).mapToObj(mails::get).toList());
    }

    private Batch batch(NDManager manager, List<Mail> some) {
        NDList texts = tokenizer.encode(manager, some.stream().map(Mail::text).toList()).toList();
        long[] labels = some.stream().mapToLong(mail -> CLASSES.indexOf(mail.label())).toArray();
        return Batches.of(manager, texts, new NDList(manager.create(labels)), some.size());
    }

    private double accuracy() {
        List<Mail> test = mails.subList(TRAINING, TRAINING + 200);
        try (Batch batch = batch(model.getNDManager().newSubManager(), test)) {
            NDArray found = trainer.evaluate(batch.getData()).head().argMax(1);
            return 100.0 * found.eq(batch.getLabels().head()).countNonzero().getLong() / 200;
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

    @Override
    public void close() {
        trainer.close();
        tram.close();
        model.close();
        tokenizer.close();
    }
}
