package dev.tram.examples.predict;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.ProblemType;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.djl.transformers.tokenizer.TokenBatch;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;

/** A checkpoint's model, for reading what it says. Dropout is off. */
public final class Predictor implements AutoCloseable {

    private final Path directory;
    private final Checkpoint checkpoint;
    private final NDManager manager;
    private final TransformerModel model;

    private Predictor(Path directory, Checkpoint checkpoint, Device device) throws IOException {
        this.directory = directory;
        this.checkpoint = checkpoint;
        manager = NDManager.newBaseManager(device);
        try {
            model = checkpoint.load(manager);
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /**
     * Loads a model.
     *
     * @param directory a Hugging Face directory
     * @param device the device to compute on
     * @return the predictor
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if the files are no model that the blocks implement
     */
    public static Predictor open(Path directory, Device device) throws IOException {
        return new Predictor(directory, Checkpoint.open(directory), device);
    }

    /**
     * Adds an adapter, which changes what the model says from now on.
     *
     * @param adapter a directory in the layout of Hugging Face's PEFT
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if it is no adapter of this model
     */
    public void adapt(Path adapter) throws IOException {
        model.adapters().load("adapter", adapter);
    }

    /**
     * Returns the configuration.
     *
     * @return the model's configuration
     */
    public ModelConfig config() {
        return checkpoint.config();
    }

    /**
     * Returns whether the model goes on with a text.
     *
     * @return true for a language model, false for a classifier or a regression
     */
    public boolean isLanguageModel() {
        return config().classes().isEmpty();
    }

    /**
     * Returns whether the model predicts numbers instead of classes.
     *
     * @return true for a regression
     */
    public boolean isRegression() {
        return !isLanguageModel() && checkpoint.problemType() == ProblemType.REGRESSION;
    }

    /**
     * Computes the logits of a file.
     *
     * @param source a JSON file of inputs by name, each with {@code shape} and {@code values}
     * @param target a JSON file, which gets {@code logits} with {@code shape} and {@code values}
     * @throws IOException if a file cannot be read or written
     * @throws IllegalArgumentException if the inputs are not those of the model, or the logits are
     *     not finite
     */
    public void predict(Path source, Path target) throws IOException {
        try (NDManager scope = manager.newSubManager()) {
            ArrayFile.write(target, logits(ArrayFile.read(source, config(), scope)));
        }
    }

    /**
     * Classifies a text, or predicts its continuation. A classifier reads as many tokens of it as
     * {@code model_max_length} and the model's positions allow.
     *
     * @param text the text
     * @param pair the second text of a pair, or null
     * @param count how many choices to return at most
     * @return the most probable classes or next tokens, or the numbers of a regression
     * @throws IOException if the tokenizer cannot be read
     * @throws IllegalArgumentException if the model reads no texts, or the directory has no
     *     tokenizer, or the text is empty, or too long to continue
     */
    public List<Choice> text(String text, String pair, int count) throws IOException {
        if (config() instanceof VitConfig) {
            throw Arguments.rejected("the model", "one that reads texts", config().modelType());
        }
        try (NDManager scope = manager.newSubManager();
                TextTokenizer tokenizer = tokenizer()) {
            return isLanguageModel()
                    ? nextTokens(scope, tokenizer, text, pair, count)
                    : classes(scope, tokenizer, text, pair, count);
        }
    }

    /** A classifier's cuts where training did; what a language model goes on from is not cut. */
    private TextTokenizer tokenizer() throws IOException {
        TextTokenizer.Builder builder = TextTokenizer.builder().setDirectory(directory);
        return isLanguageModel() ? builder.build() : builder.optModelLimit().build();
    }

    private List<Choice> nextTokens(
            NDManager scope, TextTokenizer tokenizer, String text, String pair, int count) {
        if (pair != null) {
            throw Arguments.rejected("the second text", "absent for a language model", pair);
        }
        long[] ids = tokenizer.encode(text);
        requireTokens(ids);
        NDArray logits = logits(new NDList(scope.create(ids, new Shape(1, ids.length))));
        return Choice.of(
                ProblemType.SINGLE_LABEL_CLASSIFICATION,
                logits.get(new NDIndex("0, -1")).toFloatArray(),
                token -> tokenizer.decode(new long[] {token}),
                count);
    }

    private List<Choice> classes(
            NDManager scope, TextTokenizer tokenizer, String text, String pair, int count) {
        List<String> texts = List.of(text);
        try (TokenBatch batch =
                pair == null
                        ? tokenizer.encode(scope, texts)
                        : tokenizer.encode(scope, texts, List.of(pair))) {
            requireTokens(batch.ids().toLongArray());
            return classes(batch.toList(), count);
        }
    }

    private void requireTokens(long... ids) {
        if (ids.length == 0) {
            throw Arguments.rejected("the text", "at least one token long", "no token");
        }
        int size =
                config() instanceof Gpt2Config gpt2
                        ? gpt2.vocabSize()
                        : ((EncoderConfig) config()).vocabSize();
        long greatest = LongStream.of(ids).max().orElseThrow();
        if (greatest >= size) {
            throw Arguments.rejected(
                    "the tokenizer's ids", "less than vocab_size " + size, greatest);
        }
    }

    private List<Choice> classes(NDList inputs, int count) {
        List<String> labels = config().classes();
        ProblemType problem = checkpoint.problemType();
        if (labels.size() == 1 && problem == ProblemType.SINGLE_LABEL_CLASSIFICATION) {
            throw Arguments.rejected("the classes of " + directory, "at least two", labels);
        }
        return Choice.of(problem, logits(inputs).toFloatArray(), labels::get, count);
    }

    /**
     * Classifies an image.
     *
     * @param image the image, of any size; alpha is left aside
     * @param count how many choices to return at most
     * @return the most probable classes, or the numbers of a regression
     * @throws IOException if the preprocessor's configuration cannot be read
     * @throws IllegalArgumentException if the model reads no images in three colour channels
     */
    public List<Choice> image(BufferedImage image, int count) throws IOException {
        if (!(config() instanceof VitConfig vit)) {
            throw Arguments.rejected("the model", "one that reads images", config().modelType());
        }
        PreprocessorConfig preprocessor =
                checkpoint.preprocessor().orElse(PreprocessorConfig.usual(vit.imageSize()));
        try (NDManager scope = manager.newSubManager()) {
            return classes(new NDList(preprocessor.prepare(scope, image)), count);
        }
    }

    private NDArray logits(NDList inputs) {
        ParameterStore parameters = new ParameterStore(manager, false);
        NDArray logits = model.forward(parameters, inputs, false).singletonOrThrow();
        float magnitude = logits.abs().max().getFloat();
        if (!Float.isFinite(magnitude)) {
            throw Arguments.rejected("the logits of " + directory, "finite", magnitude);
        }
        return logits;
    }

    /** Frees the model. */
    @Override
    public void close() {
        manager.close();
    }
}
