package dev.tram.examples.task.texttable;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Precision;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.BytePairTrainer;
import dev.tram.djl.transformers.tokenizer.BytePairVocabulary;
import dev.tram.djl.transformers.tokenizer.Framing;
import dev.tram.djl.transformers.tokenizer.SpecialToken;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.djl.transformers.tokenizer.TokenBatch;
import dev.tram.examples.experiment.BaseOptimizer;
import dev.tram.examples.experiment.Batches;
import dev.tram.examples.experiment.Evaluation;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Pretrained;
import dev.tram.examples.experiment.PretrainingRun;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Schedule;
import dev.tram.examples.experiment.Selection;
import dev.tram.examples.experiment.ShuffledStream;
import dev.tram.examples.experiment.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Pretraining of a small XLM-RoBERTa on the declaration in 15 languages: masked language modelling
 * (Devlin et al., 2019) on two overlapping excerpts of one language, and translation language
 * modelling (Conneau and Lample, 2019, section 3.3) on an excerpt and its translation, half of
 * each. Of the tokens 15 % are to be predicted; 80 % of these are hidden, 10 % replaced, 10 % left.
 */
final class DeclarationPretraining implements Task, Pretrained, AutoCloseable {

    /** Raised whenever this class changes what the model learns. */
    private static final int VERSION = 1;

    private static final Measure LOSS = Measure.lower("loss", "loss of masked tokens");
    private static final int VOCABULARY = 2000;
    private static final int MAX_TOKENS = 64;
    private static final double PREDICTED = 0.15;
    private static final double HIDDEN = 0.8;
    private static final double REPLACED = 0.1;
    private static final long HELD_OUT_SEED = -1;

    private final Declaration declaration;
    private final Excerpts excerpts;
    private final ExperimentConfig config;
    private TextTokenizer tokenizer;

    /**
     * Describes the pretraining.
     *
     * @param device the device's name
     * @param steps the number of updates
     */
    DeclarationPretraining(String device, int steps) throws IOException {
        declaration = Declaration.load();
        excerpts = new Excerpts(declaration, 0, Declaration.SECTIONS - 1);
        config =
                new ExperimentConfig(
                        "xnli-pretraining",
                        "declaration",
                        Map.of(),
                        device,
                        List.of("adam"),
                        1,
                        "",
                        protocol(steps),
                        MethodSettings.PAPER);
    }

    private static Protocol protocol(int steps) {
        return new Protocol(
                BaseOptimizer.ADAM,
                steps,
                32,
                1,
                2e-3f,
                Schedule.LINEAR,
                steps / 20,
                1,
                null,
                0,
                Selection.LAST,
                null,
                0,
                Precision.FLOAT32);
    }

    @Override
    public String key() {
        Engine engine = Engine.getInstance();
        return ModelCache.key(
                "xlmr-declaration",
                List.of(
                        VERSION,
                        config,
                        Declaration.identity(),
                        engine.getEngineName(),
                        engine.getVersion()),
                List.of());
    }

    @Override
    public int steps() {
        return config.protocol().steps();
    }

    @Override
    public Path model(ModelCache cache, Progress progress) throws IOException {
        return cache.resume(key(), directory -> train(directory, progress));
    }

    /**
     * Trains the model.
     *
     * @param directory where all files of the run go
     * @return the model's Hugging Face directory, with its tokenizer
     */
    Path train(Path directory, Progress progress) throws IOException {
        BytePairVocabulary vocabulary = learnVocabulary();
        Path words = directory.resolve("vocabulary");
        vocabulary.write(words);
        tokenizer = TextTokenizer.builder().setDirectory(words).optMaxLength(MAX_TOKENS).build();
        Path model = new PretrainingRun(this, config).execute(directory, progress);
        vocabulary.write(model);
        return model;
    }

    private BytePairVocabulary learnVocabulary() {
        List<String> texts = new ArrayList<>();
        for (String language : Declaration.LANGUAGES) {
            for (int section = 0; section < Declaration.SECTIONS; section++) {
                texts.add(declaration.section(language, section));
            }
        }
        return BytePairTrainer.builder()
                .optVocabularySize(VOCABULARY)
                .optFraming(Framing.ROBERTA)
                .build()
                .train(texts.iterator());
    }

    @Override
    public String target() {
        return config.target();
    }

    @Override
    public List<Measure> measures() {
        return List.of(LOSS);
    }

    @Override
    public Measure validation() {
        return LOSS;
    }

    @Override
    public Loss loss() {
        return new MaskedTokens();
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) {
        TransformerModel model =
                EncoderConfig.of(
                                "xlm-roberta",
                                tokenizer.vocabularySize(),
                                MAX_TOKENS,
                                64,
                                3,
                                2,
                                List.of("0", "1"))
                        .withDropout(0)
                        .withInitializerRange(0.1f)
                        .newMaskedLanguageModel();
        model.initialize(manager, seed);
        return model;
    }

    @Override
    public Batch batch(NDManager manager, long seed, int step, int size) {
        Random random = new ShuffledStream(1, seed).random(step);
        List<String> firsts = new ArrayList<>();
        List<String> seconds = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            int section = excerpts.section(random);
            Declaration.Excerpt excerpt = excerpts.draw(section, random);
            String language = language(random);
            boolean translated = i % 2 == 0;
            firsts.add(declaration.text(language, excerpt));
            seconds.add(
                    translated
                            ? declaration.text(language(random), excerpt)
                            : declaration.text(
                                    language, excerpts.drawOverlapping(excerpt, random)));
        }
        try (TokenBatch tokens = tokenizer.encode(manager, firsts, seconds)) {
            return masked(manager, tokens, random);
        }
    }

    private static String language(Random random) {
        return Declaration.LANGUAGES.get(random.nextInt(Declaration.LANGUAGES.size()));
    }

    private Batch masked(NDManager manager, TokenBatch tokens, Random random) {
        Shape shape = tokens.ids().getShape();
        long[] ids = tokens.ids().toLongArray();
        long[] present = tokens.mask().toLongArray();
        long[] labels = new long[ids.length];
        long mask = tokenizer.id(SpecialToken.MASK).orElseThrow();
        Set<Long> special = specialTokens();
        for (int i = 0; i < ids.length; i++) {
            labels[i] = MaskedTokens.NONE;
            if (present[i] == 1 && !special.contains(ids[i]) && random.nextDouble() < PREDICTED) {
                labels[i] = ids[i];
                double lot = random.nextDouble();
                if (lot < HIDDEN) {
                    ids[i] = mask;
                } else if (lot < HIDDEN + REPLACED) {
                    ids[i] = random.nextInt(tokenizer.vocabularySize());
                }
            }
        }
        return Batches.of(
                manager,
                new NDList(manager.create(ids, shape), manager.create(present, shape)),
                new NDList(manager.create(labels, shape)),
                (int) shape.get(0));
    }

    private Set<Long> specialTokens() {
        Set<Long> ids = new HashSet<>();
        for (SpecialToken token : SpecialToken.values()) {
            tokenizer.id(token).ifPresent(ids::add);
        }
        return ids;
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        NDManager scope = manager.newSubManager();
        try (Batch batch = batch(scope, HELD_OUT_SEED, 1, config.protocol().batch())) {
            ParameterStore store = new ParameterStore(scope, false);
            NDList logits = model.forward(store, batch.getData(), false);
            NDArray loss = loss().evaluate(batch.getLabels(), logits);
            return loss.getFloat();
        }
    }

    @Override
    public Evaluation evaluate(TransformerModel model, NDManager manager) {
        return Evaluation.of(Map.of(LOSS.name(), validate(model, manager)));
    }

    @Override
    public void close() {
        if (tokenizer != null) {
            tokenizer.close();
        }
    }
}
