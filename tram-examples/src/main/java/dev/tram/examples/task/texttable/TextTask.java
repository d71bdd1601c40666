package dev.tram.examples.task.texttable;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.checkpoint.MiniLm;
import dev.tram.experiments.ClassificationTask;
import dev.tram.experiments.Examples;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Illustrations;
import dev.tram.experiments.Json;
import dev.tram.experiments.LabelSettings;
import dev.tram.experiments.LabelledData;
import dev.tram.experiments.Measure;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Scores;
import dev.tram.experiments.SignificanceTest;
import dev.tram.experiments.TestSet;
import dev.tram.experiments.data.OneLine;
import dev.tram.experiments.statistics.ScoreTable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** Fine-tuning of an encoder as a classifier of texts or of pairs of texts. */
public final class TextTask extends ClassificationTask {

    /** Which of {@link ExperimentConfig#inputs()} says where texts are cut. */
    public static final String MAX_TOKENS = "max-tokens";

    /** Which figures there are. */
    public enum Layout {
        /**
         * Accuracy, macro-F1 and calibration error of the groups that are trained on, of the
         * others, then the accuracy of each.
         */
        POOLED,
        /** As in the paper's table 5: the accuracy of each group, then the mean over the unseen. */
        TRANSFER
    }

    /** The target that is the paper's data. */
    private static final String XNLI = "xnli";

    private static final Measure VALIDATION = Measure.lower("validation", "validation loss");

    /** How many tokens an evaluated batch has at most, padding included. */
    private static final int TOKENS = 4096;

    /** A pair of texts is more than its special tokens then. */
    private static final int FEWEST_TOKENS = 6;

    private final TextDataset texts;
    private final Checkpoint encoder;
    private final int maxTokens;
    private final TextMeasures measures;

    /** Describes the task; the texts are closed with it. */
    private TextTask(
            LabelledData data,
            TextDataset texts,
            Checkpoint encoder,
            int maxTokens,
            TextMeasures measures) {
        super(data);
        this.texts = texts;
        this.encoder = encoder;
        this.maxTokens = maxTokens;
        this.measures = measures;
    }

    private TextTask(TextTask all, long seed, boolean judgedByNoisyLabels) {
        super(all, seed, judgedByNoisyLabels);
        texts = all.texts;
        encoder = all.encoder;
        maxTokens = all.maxTokens;
        measures = all.measures;
    }

    private static LabelledData data(
            String name, TextDataset texts, int padId, LabelSettings labels) {
        List<TestSet> tests = new ArrayList<>();
        for (TextDataset.Group group : texts.contents().groups()) {
            Examples held = new TokenExamples(texts.test(group), padId);
            tests.add(new TestSet(group.name(), held, group.seen(), true));
        }
        return new LabelledData(
                name,
                texts.contents().labels(),
                new TokenExamples(texts.training(), padId),
                new TokenExamples(texts.validation(), padId),
                tests,
                labels);
    }

    /** Opens the task of {@code tram text}. */
    public static TextTask open(
            ExperimentConfig config, Path pretrained, ModelCache cache, PrintStream out)
            throws IOException {
        TextSource source = TextSources.of(config.inputs(), out::println);
        boolean meanPooled = config.pretrained().equals(MiniLm.NAME);
        return open(config, source, pretrained, meanPooled, Layout.POOLED, cache, out);
    }

    /**
     * Opens a task of classifying texts; what is not tokenised yet is checked and tokenised.
     *
     * @param meanPooled whether the classifier sees the mean over tokens instead of the first one
     * @throws IllegalArgumentException if the texts are not what they should be; nothing is written
     */
    public static TextTask open(
            ExperimentConfig config,
            TextSource source,
            Path pretrained,
            boolean meanPooled,
            Layout layout,
            ModelCache cache,
            PrintStream out)
            throws IOException {
        int given = Integer.parseInt(config.inputs().get(MAX_TOKENS));
        int maxTokens = Arguments.atLeast("max-tokens", given, FEWEST_TOKENS);
        Checkpoint encoder = encoder(pretrained);
        LabelSettings labels = LabelSettings.of(config.inputs());
        TextPreparation preparation = new TextPreparation(source, pretrained, maxTokens);
        if (!cache.contains(preparation.key())) {
            out.println("checking and tokenising the texts, once ...");
        }
        TextDataset texts = preparation.open(cache);
        try {
            List<String> classes = texts.contents().labels();
            int padId = ((EncoderConfig) encoder.config()).padTokenId();
            TextTask task =
                    new TextTask(
                            data(config.target(), texts, padId, labels),
                            texts,
                            meanPooled
                                    ? encoder.withMeanPooling(classes)
                                    : encoder.withNewHead(classes),
                            maxTokens,
                            new TextMeasures(texts.contents().groups(), layout));
            task.describe(out);
            if (meanPooled) {
                out.println(
                        "the classifier reads the mean of all tokens, which no class of Hugging"
                                + " Face's transformers does; README.md beside each saved model"
                                + " says how to");
            }
            return task;
        } catch (IllegalArgumentException e) {
            texts.close();
            throw e;
        }
    }

    private static Checkpoint encoder(Path directory) {
        try {
            Checkpoint encoder = Checkpoint.open(directory);
            if (encoder.config() instanceof EncoderConfig) {
                return encoder;
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "--checkpoint must be a Hugging Face directory, received: " + directory, e);
        }
        throw Arguments.rejected("--checkpoint", "an encoder (bert, roberta)", directory);
    }

    @Override
    public TextTask ofRun(long seed, boolean judgedByNoisyLabels) {
        return new TextTask(this, seed, judgedByNoisyLabels);
    }

    private void describe(PrintStream out) {
        out.printf(
                Locale.ROOT,
                "%,d examples to train on, %,d to validate with; classes: %s%n",
                training().size(),
                validation().size(),
                OneLine.of(String.join(", ", classes())));
        for (TestSet test : tests()) {
            out.printf(
                    Locale.ROOT,
                    "%,d to test with: %s%s%n",
                    test.examples().size(),
                    OneLine.of(test.name()),
                    test.isSeen() ? "" : ", never trained on");
        }
        texts.contents().report().lines().map(OneLine::of).forEach(out::println);
    }

    @Override
    protected int budget() {
        return TOKENS;
    }

    @Override
    public List<Measure> measures() {
        return measures.all();
    }

    @Override
    public List<Measure> domains() {
        return measures.domains();
    }

    @Override
    public Measure summary() {
        return measures.summary();
    }

    /** Of the examples that are trained on no part of, where there are any. */
    @Override
    public OptionalInt testSize() {
        boolean seen = tests().stream().allMatch(TestSet::isSeen);
        return OptionalInt.of(
                tests().stream()
                        .filter(test -> test.isSeen() == seen)
                        .mapToInt(test -> test.examples().size())
                        .sum());
    }

    @Override
    public SignificanceTest significanceTest() {
        return SignificanceTest.WILCOXON;
    }

    @Override
    public Optional<ScoreTable> paper() {
        return name().equals(XNLI) ? super.paper() : Optional.empty();
    }

    @Override
    public boolean isZeroShot() {
        return true;
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        Engine.getInstance().setRandomSeed((int) seed);
        return encoder.load(manager);
    }

    @Override
    public Optional<Path> pretrained() {
        return Optional.of(encoder.directory());
    }

    /** Writes a classifier with its tokenizer, which cuts where this task does. */
    @Override
    public void save(TransformerModel model, Path directory) throws IOException {
        encoder.save(model, directory);
        Path file = directory.resolve("tokenizer_config.json");
        ObjectNode settings =
                Files.exists(file)
                        ? (ObjectNode) JsonFile.read(file)
                        : Json.MAPPER.createObjectNode();
        long limit = settings.path("model_max_length").asLong(maxTokens);
        Json.write(file, settings.put("model_max_length", Math.min(limit, maxTokens)));
    }

    @Override
    public Measure validationMeasure() {
        return VALIDATION;
    }

    /** The mean negative log-probability of the right class. */
    @Override
    public double validate(TransformerModel model, NDManager manager) {
        float[][] probabilities =
                probabilities(
                        model,
                        TestSet.seen(VALIDATION.name(), validation()),
                        validation().items(),
                        manager);
        double loss = 0;
        for (int i = 0; i < probabilities.length; i++) {
            loss -= Math.log(Math.max(probabilities[i][validation().label(i)], Float.MIN_NORMAL));
        }
        return loss / probabilities.length;
    }

    @Override
    public Scores score(TransformerModel model, NDManager manager) {
        return Scores.of(measures.values(judge(model, manager)));
    }

    @Override
    public Illustrations illustrate(TransformerModel model, NDManager manager) {
        return new Illustrations(List.of(), judge(model, manager));
    }

    @Override
    public void close() throws IOException {
        texts.close();
    }
}
