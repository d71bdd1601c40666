package dev.tram.examples.predict;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.StringPair;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.inference.ImageEncoder;
import dev.tram.djl.transformers.inference.TextEncoder;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.ProblemType;
import dev.tram.djl.transformers.model.TransformerModel;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A checkpoint's model, for reading what it says. Dropout is off. */
public final class Predictor implements AutoCloseable {

    /** A gigabyte of them. */
    private static final long MOST_LOGITS = 1L << 28;

    private final Checkpoint checkpoint;
    private final NDManager manager;
    private final TransformerModel model;

    /**
     * Loads a model.
     *
     * @param checkpoint the model, perhaps with an adapter
     * @throws IllegalArgumentException if the files are not a model that the blocks implement, or
     *     no adapter of it
     */
    public Predictor(Checkpoint checkpoint, Device device) throws IOException {
        this.checkpoint = checkpoint;
        manager = NDManager.newBaseManager(device);
        try {
            model = checkpoint.load(manager);
        } catch (IOException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Loads a directory's model, without an adapter. */
    public static Predictor open(Path directory, Device device) throws IOException {
        return new Predictor(Checkpoint.open(directory), device);
    }

    public ModelConfig config() {
        return checkpoint.config();
    }

    /** Returns whether the model goes on with a text. */
    public boolean isLanguageModel() {
        return config().classes().isEmpty();
    }

    public boolean isRegression() {
        return !isLanguageModel() && checkpoint.problemType() == ProblemType.REGRESSION;
    }

    /**
     * Computes the logits of a file.
     *
     * @param source a JSON file of inputs by name, each with {@code shape} and {@code values}
     * @param target a JSON file, which gets {@code logits} with {@code shape} and {@code values}
     * @throws IllegalArgumentException if the inputs are not those of the model, or the logits are
     *     not finite
     */
    public void predict(Path source, Path target) throws IOException {
        try (NDManager scope = manager.newSubManager()) {
            NDList inputs = ArrayFile.read(source, config(), scope);
            requireFewLogits(source, inputs.head().getShape());
            NDArray logits = logits(inputs);
            requireFinite(logits.toFloatArray());
            ArrayFile.write(target, logits);
        }
    }

    /**
     * Classifies a text, or predicts its continuation. A classifier reads as many tokens of it as
     * {@code model_max_length} and the model's positions allow.
     *
     * @param pair the second text of a pair, or null
     * @param count how many choices to return at most
     * @return the most probable classes or next tokens, or the numbers of a regression
     * @throws IllegalArgumentException if the model reads no texts, or the directory has no
     *     tokenizer, or the text is empty, or too long to continue
     */
    public List<Choice> text(String text, String pair, int count) throws IOException {
        try (TextEncoder encoder = TextEncoder.of(checkpoint)) {
            float[] logits = logits(encoder.encode(List.of(new StringPair(text, pair))))[0];
            return Choice.of(
                    problem(),
                    logits,
                    isLanguageModel() ? encoder::token : config().classes()::get,
                    count);
        }
    }

    /**
     * Classifies an image.
     *
     * @param image the image, of any size; alpha is left aside
     * @param count how many choices to return at most
     * @return the most probable classes, or the numbers of a regression
     * @throws IllegalArgumentException if the model reads no images in three colour channels
     */
    public List<Choice> image(BufferedImage image, int count) throws IOException {
        float[] logits = logits(ImageEncoder.of(checkpoint).encode(List.of(image)))[0];
        return Choice.of(problem(), logits, config().classes()::get, count);
    }

    Checkpoint checkpoint() {
        return checkpoint;
    }

    ProblemType problem() {
        if (isLanguageModel()) {
            return ProblemType.SINGLE_LABEL_CLASSIFICATION;
        }
        ProblemType problem = checkpoint.problemType();
        if (config().classes().size() == 1 && problem == ProblemType.SINGLE_LABEL_CLASSIFICATION) {
            throw Arguments.rejected(
                    "the classes of " + checkpoint.directory(), "at least two", config().classes());
        }
        return problem;
    }

    /**
     * Computes the logits of a batch: of each example, or of the token that follows its text.
     * Returns a row per example.
     */
    float[][] logits(Function<NDManager, NDList> inputs) {
        try (NDManager scope = manager.newSubManager()) {
            NDList arrays = inputs.apply(scope);
            NDArray logits = isLanguageModel() ? nextTokens(arrays) : logits(arrays);
            int columns = (int) logits.getShape().get(1);
            float[] all = logits.toFloatArray();
            requireFinite(all);
            return IntStream.range(0, all.length / columns)
                    .mapToObj(row -> Arrays.copyOfRange(all, row * columns, (row + 1) * columns))
                    .toArray(float[][]::new);
        }
    }

    /** Of a language model each token has as many as its vocabulary. */
    private void requireFewLogits(Path source, Shape shape) {
        if (config() instanceof Gpt2Config gpt2
                && isLanguageModel()
                && shape.size() > MOST_LOGITS / gpt2.vocabSize()) {
            throw Arguments.rejected(
                    "input_ids in " + source,
                    "at most %s tokens, as each has %s logits (make several files)"
                            .formatted(MOST_LOGITS / gpt2.vocabSize(), gpt2.vocabSize()),
                    shape.size());
        }
    }

    private void requireFinite(float... logits) {
        for (float logit : logits) {
            if (!Float.isFinite(logit)) {
                throw Arguments.rejected(
                        "the logits of " + checkpoint.directory(), "finite", logit);
            }
        }
    }

    /** The output layer reads the last token of each text alone. */
    private NDArray nextTokens(NDList inputs) {
        ParameterStore parameters = new ParameterStore(manager, false);
        NDArray tokens = model.features(parameters, inputs, false);
        NDArray last = inputs.get(1).sum(new int[] {1}).sub(1);
        Shape shape = tokens.getShape();
        NDArray index = last.reshape(-1, 1, 1).repeat(2, shape.get(2));
        return model.head(parameters, tokens.gather(index, 1).squeeze(1), false);
    }

    private NDArray logits(NDList inputs) {
        ParameterStore parameters = new ParameterStore(manager, false);
        return model.forward(parameters, inputs, false).singletonOrThrow();
    }

    @Override
    public void close() {
        manager.close();
    }
}
