package dev.tram.examples.pretraining;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.SpecialToken;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.djl.transformers.tokenizer.TokenBatch;
import dev.tram.examples.task.xnli.Declaration;
import dev.tram.examples.task.xnli.Excerpts;
import dev.tram.experiments.Batches;
import dev.tram.experiments.Examples;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Scores;
import dev.tram.experiments.ShuffledStream;
import dev.tram.experiments.Task;
import dev.tram.experiments.TestSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Pretraining of a small XLM-RoBERTa on the declaration in 15 languages: masked language modelling
 * (Devlin et al., 2019) on two overlapping excerpts of one language, and translation language
 * modelling (Conneau and Lample, 2019, section 3.3) on an excerpt and its translation, half of
 * each. Of the tokens 15 % are to be predicted; 80 % of these are hidden, 10 % replaced, 10 % left.
 */
final class DeclarationPretraining implements Task {

    private static final Measure LOSS = Measure.lower("loss", "loss of masked tokens");
    private static final int MAX_TOKENS = 64;
    private static final double PREDICTED = 0.15;
    private static final double HIDDEN = 0.8;
    private static final double REPLACED = 0.1;

    /** The batch that validates, which training never draws. */
    private static final long HELD_OUT_SEED = -1;

    private static final int HELD_OUT = 32;

    private final Path words;
    private final Declaration declaration;
    private final Excerpts excerpts;
    private final TextTokenizer tokenizer;

    DeclarationPretraining(Path words) throws IOException {
        this.words = words;
        declaration = Declaration.load();
        excerpts = new Excerpts(declaration, 0, Declaration.SECTIONS - 1);
        tokenizer = TextTokenizer.builder().setDirectory(words).optMaxLength(MAX_TOKENS).build();
    }

    @Override
    public String name() {
        return "declaration";
    }

    @Override
    public String unit() {
        return LOSS.title();
    }

    @Override
    public List<Measure> measures() {
        return List.of(LOSS);
    }

    @Override
    public Measure validationMeasure() {
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

    /** Excerpts without end: a batch is drawn whole. */
    @Override
    public Examples training() {
        throw new UnsupportedOperationException("excerpts are drawn by trainingBatch");
    }

    @Override
    public Examples validation() {
        return training();
    }

    @Override
    public List<TestSet> tests() {
        return List.of();
    }

    @Override
    public Examples.Prepared trainingBatch(long seed, int number, int size) {
        Random random = new ShuffledStream(1, seed).random(number);
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
        try (NDManager manager = NDManager.newBaseManager();
                TokenBatch tokens = tokenizer.encode(manager, firsts, seconds)) {
            return masked(tokens, random);
        }
    }

    private static String language(Random random) {
        return Declaration.LANGUAGES.get(random.nextInt(Declaration.LANGUAGES.size()));
    }

    private Examples.Prepared masked(TokenBatch tokens, Random random) {
        Shape shape = tokens.ids().getShape();
        long[] ids = tokens.ids().toLongArray();
        long[] present = tokens.mask().toLongArray();
        long[] labels = new long[ids.length];
        long mask = tokenizer.id(SpecialToken.MASK).orElseThrow();
        Set<Long> special =
                Stream.of(SpecialToken.values())
                        .flatMapToLong(token -> tokenizer.id(token).stream())
                        .boxed()
                        .collect(Collectors.toSet());
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
        return manager ->
                Batches.of(
                        manager,
                        new NDList(manager.create(ids, shape), manager.create(present, shape)),
                        new NDList(manager.create(labels, shape)),
                        (int) shape.get(0));
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        NDManager scope = manager.newSubManager();
        try (Batch batch = trainingBatch(HELD_OUT_SEED, 1, HELD_OUT).on(scope)) {
            ParameterStore store = new ParameterStore(scope, false);
            NDList logits = model.forward(store, batch.getData(), false);
            NDArray loss = loss().evaluate(batch.getLabels(), logits);
            return loss.getFloat();
        }
    }

    @Override
    public Scores score(TransformerModel model, NDManager manager) {
        return Scores.of(Map.of(LOSS.name(), validate(model, manager)));
    }

    @Override
    public void save(TransformerModel model, Path directory) throws IOException {
        model.save(directory);
        Pretraining.copyTokenizer(words, directory);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
