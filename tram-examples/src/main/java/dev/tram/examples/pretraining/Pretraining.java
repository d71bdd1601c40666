package dev.tram.examples.pretraining;

import dev.tram.examples.checkpoint.Shipped;
import dev.tram.examples.task.emoji.EmojiImages;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Progress;
import dev.tram.experiments.Run;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.Task;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How the pretrained models that come with the examples are made: from random weights, by the only
 * method of the configuration, with seed 0 unless the configuration says another.
 *
 * @param config what is trained, {@code target} being the model's name, and how
 */
public record Pretraining(ExperimentConfig config) {

    private static final List<String> TOKENIZER =
            List.of("tokenizer.json", "tokenizer_config.json");

    /** Which of the inputs is the domain that a language model does not read. */
    public static final String LEFT_OUT = "without";

    /** Which of the inputs is the seed. */
    public static final String SEED = "seed";

    /**
     * Trains the model. A killed training goes on where it was saved last.
     *
     * @param directory where all files of the run go, and where those of a killed one lie
     * @return the model's Hugging Face directory
     */
    public Path run(Path directory, PrintStream out) throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory);
        int seed = Integer.parseInt(config.inputs().getOrDefault(SEED, "0"));
        RunKey key = new RunKey(config.methods().get(0), seed);
        try (Task task = task(out);
                Progress progress = Progress.on(out, "pretraining", config.protocol().steps())) {
            if (!Files.isDirectory(files.model(key))) {
                new Run(task, config, files, key, progress).execute();
            }
        }
        return files.model(key);
    }

    private Task task(PrintStream out) throws IOException {
        ModelCache cache = ModelCache.ofUser();
        Shipped shipped = Shipped.named(config.target()).orElseThrow();
        return switch (shipped) {
            case EMOJI_VIT -> new EmojiPretraining(EmojiImages.load());
            case DECLARATION_ENCODER -> new DeclarationPretraining(shipped.directory(cache));
            case SOTU_GPT2 ->
                    new LanguageModelPretraining(
                            config.inputs().get(LEFT_OUT), shipped.directory(cache), cache, out);
        };
    }

    static void copyTokenizer(Path from, Path to) throws IOException {
        for (String file : TOKENIZER) {
            Files.copy(from.resolve(file), to.resolve(file));
        }
    }
}
