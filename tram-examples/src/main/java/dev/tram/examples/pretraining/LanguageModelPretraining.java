package dev.tram.examples.pretraining;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.examples.task.domains.DomainsTask;
import dev.tram.experiments.ModelCache;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A small GPT-2 reads the training parts of all bundled domains but the one that is fine-tuned on
 * later, from random weights.
 */
final class LanguageModelPretraining extends DomainsTask {

    private static final int POSITIONS = 128;

    private final Path words;

    LanguageModelPretraining(String leftOut, Path words, ModelCache cache, PrintStream out)
            throws IOException {
        super(words, allBut(leftOut, words, POSITIONS, cache, out), 1);
        this.words = words;
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(words).build()) {
            TransformerModel model =
                    Gpt2Config.of(tokenizer.vocabularySize(), POSITIONS, 128, 4, 4).newBlock();
            model.initialize(manager, seed);
            return model;
        }
    }

    @Override
    public Optional<Path> pretrained() {
        return Optional.empty();
    }

    @Override
    public void save(TransformerModel model, Path directory) throws IOException {
        model.save(directory);
        Pretraining.copyTokenizer(words, directory);
    }
}
