package dev.tram.djl.transformers.inference;

import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.StringPair;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.ProblemType;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Turns examples into a model's inputs, and its outputs into probabilities of classes, a
 * regression's numbers, or the most probable next tokens. It takes one example, or batches of any
 * lengths.
 *
 * @param <I> {@code String}, {@code StringPair} or DJL's {@code Image}
 * @param <O> {@code Classifications}, or {@code float[]} for the probabilities or numbers alone
 */
public final class TransformerTranslator<I, O> implements Translator<I, O> {

    private static final String LENGTHS = "lengths";

    /** The number of next tokens in an answer: as many as DJL's classes. */
    private static final int TOKENS = 5;

    private final Function<List<I>, Function<NDManager, NDList>> encoder;
    private final LogitsReader<O> reader;
    private final boolean languageModel;

    private TransformerTranslator(
            Function<List<I>, Function<NDManager, NDList>> encoder,
            LogitsReader<O> reader,
            boolean languageModel) {
        this.encoder = encoder;
        this.reader = reader;
        this.languageModel = languageModel;
    }

    /**
     * Translates for a model of single texts: a classifier, a regression or a language model.
     *
     * @param <O> the type of the output
     * @param checkpoint the model's checkpoint
     * @param encoder the encoder of the checkpoint's texts, which must stay open
     * @param output {@code Classifications} or {@code float[]}
     * @return the translator
     * @throws IllegalArgumentException if the model's outputs are of another type
     */
    public static <O> TransformerTranslator<String, O> texts(
            Checkpoint checkpoint, TextEncoder encoder, Class<O> output) {
        return new TransformerTranslator<>(
                texts ->
                        encoder.encode(
                                texts.stream().map(text -> new StringPair(text, null)).toList()),
                LogitsReader.of(checkpoint, encoder, output),
                checkpoint.config().classes().isEmpty());
    }

    /**
     * Translates for a classifier or a regression of pairs of texts.
     *
     * @param <O> the type of the output
     * @param checkpoint the model's checkpoint
     * @param encoder the encoder of the checkpoint's texts, which must stay open
     * @param output {@code Classifications} or {@code float[]}
     * @return the translator
     * @throws IllegalArgumentException if the model's outputs are of another type
     */
    public static <O> TransformerTranslator<StringPair, O> pairs(
            Checkpoint checkpoint, TextEncoder encoder, Class<O> output) {
        return new TransformerTranslator<>(
                encoder::encode,
                LogitsReader.of(checkpoint, encoder, output),
                checkpoint.config().classes().isEmpty());
    }

    /**
     * Translates for a classifier of images. DJL's images know no EXIF orientation: turn a
     * photograph before.
     *
     * @param <O> the type of the output
     * @param checkpoint the model's checkpoint
     * @param output {@code Classifications} or {@code float[]}
     * @return the translator
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if the model reads no images, or its outputs are of another
     *     type
     */
    public static <O> TransformerTranslator<Image, O> images(Checkpoint checkpoint, Class<O> output)
            throws IOException {
        ImageEncoder encoder = ImageEncoder.of(checkpoint);
        return new TransformerTranslator<>(
                images ->
                        encoder.encode(
                                images.stream().map(TransformerTranslator::buffered).toList()),
                LogitsReader.of(checkpoint, null, output),
                false);
    }

    private static BufferedImage buffered(Image image) {
        if (image.getWrappedImage() instanceof BufferedImage buffered) {
            return buffered;
        }
        throw Arguments.rejected(
                "the image", "one of DJL's BufferedImageFactory", image.getWrappedImage());
    }

    @Override
    public Batchifier getBatchifier() {
        return Batchifier.STACK;
    }

    @Override
    public NDList processInput(TranslatorContext context, I input) {
        NDList rows = batchProcessInput(context, List.of(input));
        NDList row = new NDList();
        rows.forEach(array -> row.add(array.squeeze(0)));
        return row;
    }

    @Override
    public NDList batchProcessInput(TranslatorContext context, List<I> inputs) {
        NDList rows = encoder.apply(inputs).apply(context.getNDManager());
        if (languageModel) {
            context.setAttachment(LENGTHS, rows.get(1).sum(new int[] {1}).toLongArray());
        }
        return rows;
    }

    @Override
    public O processOutput(TranslatorContext context, NDList outputs) {
        NDArray logits = outputs.singletonOrThrow();
        return batchProcessOutput(context, new NDList(logits.expandDims(0))).get(0);
    }

    @Override
    public List<O> batchProcessOutput(TranslatorContext context, NDList outputs) {
        NDArray logits = outputs.singletonOrThrow();
        long[] lengths = languageModel ? (long[]) context.getAttachment(LENGTHS) : null;
        List<O> read = new ArrayList<>();
        for (int row = 0; row < logits.getShape().get(0); row++) {
            NDArray chosen = logits.get(row);
            if (languageModel) {
                chosen = chosen.get(lengths[row] - 1);
            }
            read.add(reader.read(chosen.toFloatArray()));
        }
        return read;
    }

    /**
     * What logits are read as.
     *
     * @param <O> the type of the output
     */
    @FunctionalInterface
    private interface LogitsReader<O> {

        O read(float[] logits);

        /** Checks the type, once. */
        static <O> LogitsReader<O> of(Checkpoint checkpoint, TextEncoder encoder, Class<O> output) {
            List<String> classes = checkpoint.config().classes();
            ProblemType problem =
                    classes.isEmpty()
                            ? ProblemType.SINGLE_LABEL_CLASSIFICATION
                            : checkpoint.problemType();
            if (output == float[].class) {
                return logits -> output.cast(floats(problem.values(logits)));
            }
            if (output != Classifications.class || problem == ProblemType.REGRESSION) {
                throw Arguments.rejected(
                        "the type of the output",
                        problem == ProblemType.REGRESSION
                                ? "float[] for a regression"
                                : "Classifications or float[]",
                        output.getName());
            }
            return classes.isEmpty()
                    ? logits -> output.cast(mostProbable(problem.values(logits), encoder))
                    : logits ->
                            output.cast(
                                    new Classifications(
                                            classes,
                                            DoubleStream.of(problem.values(logits))
                                                    .boxed()
                                                    .toList()));
        }

        private static float[] floats(double... values) {
            float[] floats = new float[values.length];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) values[i];
            }
            return floats;
        }

        private static Classifications mostProbable(double[] probabilities, TextEncoder encoder) {
            List<Integer> tokens =
                    IntStream.range(0, probabilities.length)
                            .boxed()
                            .sorted(Comparator.comparingDouble(token -> -probabilities[token]))
                            .limit(TOKENS)
                            .toList();
            return new Classifications(
                    tokens.stream().map(encoder::token).toList(),
                    tokens.stream().map(token -> probabilities[token]).toList());
        }
    }
}
