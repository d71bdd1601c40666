package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.BytePairVocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The model before training. */
sealed interface ModelSource {

    /** Returns the Hugging Face directory that the weights come from, if they do. */
    Optional<Path> place();

    /** Builds the model. */
    TransformerModel load(NDManager manager, long seed) throws IOException;

    /** Writes a model that came from here, with its tokenizer. */
    void save(TransformerModel model, Path directory) throws IOException;

    /**
     * A model in a Hugging Face directory.
     *
     * @param directory the directory
     */
    record Pretrained(Path directory) implements ModelSource {

        @Override
        public Optional<Path> place() {
            return Optional.of(directory);
        }

        @Override
        public TransformerModel load(NDManager manager, long seed) throws IOException {
            return Checkpoint.open(directory).load(manager);
        }

        @Override
        public void save(TransformerModel model, Path target) throws IOException {
            Checkpoint.open(directory).save(model, target);
        }
    }

    /**
     * A model with random weights.
     *
     * @param config its configuration
     * @param vocabulary its tokens
     */
    record Random(Gpt2Config config, BytePairVocabulary vocabulary) implements ModelSource {

        @Override
        public Optional<Path> place() {
            return Optional.empty();
        }

        @Override
        public TransformerModel load(NDManager manager, long seed) {
            TransformerModel model = config.newBlock();
            model.initialize(manager, seed);
            return model;
        }

        @Override
        public void save(TransformerModel model, Path target) throws IOException {
            model.save(target);
            vocabulary.write(target);
        }
    }
}
