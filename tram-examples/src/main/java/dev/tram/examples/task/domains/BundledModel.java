package dev.tram.examples.task.domains;

import ai.djl.engine.Engine;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.Precision;
import dev.tram.djl.transformers.tokenizer.BytePairTrainer;
import dev.tram.djl.transformers.tokenizer.BytePairVocabulary;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.examples.experiment.BaseOptimizer;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Pretrained;
import dev.tram.examples.experiment.PretrainingRun;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Schedule;
import dev.tram.examples.experiment.Selection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A small GPT-2 for the bundled texts: its tokenizer and its weights are learned from the training
 * parts of all trainable domains but the one that is fine-tuned on later, by Adam from random
 * weights. Both are kept in the user's cache.
 */
final class BundledModel implements Pretrained {

    /** Raised whenever this class changes what the model learns. */
    private static final int VERSION = 1;

    private final List<Domain> domains;
    private final Size size;
    private final ExperimentConfig config;

    /**
     * The model's size and training.
     *
     * @param vocabulary the number of tokens
     * @param positions the number of tokens of a block
     * @param width the width of a token
     * @param layers the number of layers
     * @param heads the number of attention heads
     * @param protocol how it is trained
     */
    record Size(
            int vocabulary, int positions, int width, int layers, int heads, Protocol protocol) {

        /** Trained in minutes without a GPU. */
        static final Size SMALL =
                new Size(
                        4096,
                        128,
                        128,
                        4,
                        4,
                        new Protocol(
                                BaseOptimizer.ADAM,
                                1000,
                                16,
                                1,
                                3e-3f,
                                Schedule.COSINE,
                                50,
                                1,
                                1f,
                                250,
                                Selection.LAST,
                                null,
                                0,
                                Precision.FLOAT32));
    }

    /**
     * Describes the model.
     *
     * @param domains what it learns from
     * @param size its size and training
     * @param device the device's name
     */
    BundledModel(List<? extends Domain> domains, Size size, String device) {
        this.domains = List.copyOf(domains);
        this.size = size;
        config =
                new ExperimentConfig(
                        "gpt2-pretraining",
                        "pretraining",
                        Map.of(),
                        device,
                        List.of("adam"),
                        1,
                        "",
                        size.protocol(),
                        MethodSettings.PAPER);
    }

    @Override
    public String key() {
        Engine engine = Engine.getInstance();
        List<Object> recipe =
                new ArrayList<>(
                        List.of(
                                VERSION,
                                size,
                                config,
                                engine.getEngineName(),
                                engine.getVersion()));
        domains.forEach(domain -> recipe.add(domain.identity()));
        return ModelCache.key("gpt2-bundled", recipe, List.of());
    }

    /** Returns the largest number of tokens of a block. */
    int positions() {
        return size.positions();
    }

    @Override
    public int steps() {
        return size.protocol().steps();
    }

    /** The Hugging Face directory has the tokenizer, too. */
    @Override
    public Path model(ModelCache cache, Progress progress) throws IOException {
        return cache.resume(key(), work -> make(cache, work, progress));
    }

    private Path make(ModelCache cache, Path work, Progress progress) throws IOException {
        progress.say("learning a vocabulary of " + size.vocabulary() + " tokens");
        BytePairVocabulary vocabulary = vocabulary(progress);
        Path tokenizerFiles = work.resolve("tokenizer");
        vocabulary.write(tokenizerFiles);
        List<byte[]> identity = TextTokenizer.identity(tokenizerFiles);
        Gpt2Config architecture =
                Gpt2Config.of(
                        vocabulary.tokens().size(),
                        size.positions(),
                        size.width(),
                        size.layers(),
                        size.heads());
        try (TextTokenizer tokenizer =
                        TextTokenizer.builder().setDirectory(tokenizerFiles).build();
                DomainTokens tokens =
                        DomainTokens.open(
                                cache,
                                new Mixture("pretraining", domains),
                                List.of(Split.values()),
                                tokenizer,
                                identity,
                                size.positions(),
                                progress::say)) {
            ModelSource start = new ModelSource.Random(architecture, vocabulary);
            LanguageTask task = new LanguageTask(start, tokens, List.of(), 1);
            return new PretrainingRun(task, config).execute(work, progress);
        }
    }

    private BytePairVocabulary vocabulary(Progress progress) throws IOException {
        try (Stream<String> texts =
                new Mixture("vocabulary", domains).texts(Split.TRAINING, progress::say)) {
            return BytePairTrainer.builder()
                    .optVocabularySize(size.vocabulary())
                    .build()
                    .train(texts.iterator());
        }
    }
}
