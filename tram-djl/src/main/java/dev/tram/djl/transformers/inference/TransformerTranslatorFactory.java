package dev.tram.djl.transformers.inference;

import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.translator.ImageServingTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import ai.djl.util.StringPair;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.ProblemType;
import dev.tram.djl.transformers.model.VitConfig;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Makes the translators of a Hugging Face directory, for DJL's {@code Criteria} and djl-serving:
 * from {@code String}, {@code StringPair} or {@code Image} to {@code Classifications} or {@code
 * float[]}, and from djl-serving's {@code Input} to its {@code Output}.
 */
public final class TransformerTranslatorFactory implements TranslatorFactory {

    private static final Set<Pair<Type, Type>> SUPPORTED = new LinkedHashSet<>();

    static {
        for (Class<?> input : List.of(String.class, StringPair.class, Image.class)) {
            SUPPORTED.add(new Pair<>(input, Classifications.class));
            SUPPORTED.add(new Pair<>(input, float[].class));
        }
        SUPPORTED.add(new Pair<>(Input.class, Output.class));
    }

    /** Creates a factory. */
    public TransformerTranslatorFactory() {}

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.copyOf(SUPPORTED);
    }

    /**
     * Makes a translator for a model that was loaded from a Hugging Face directory.
     *
     * @throws IllegalArgumentException if the model has other inputs or outputs
     * @throws IllegalStateException if it reads texts and {@code ai.djl.huggingface:tokenizers} is
     *     not on the class path
     * @throws TranslateException if a file cannot be read
     */
    @Override
    @SuppressWarnings("unchecked")
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        try {
            Checkpoint checkpoint = Checkpoint.open(model.getModelPath());
            return (Translator<I, O>) translator(input, output, model, checkpoint);
        } catch (IOException e) {
            throw new TranslateException(model.getModelPath() + ": " + e.getMessage(), e);
        }
    }

    private static Translator<?, ?> translator(
            Class<?> input, Class<?> output, Model model, Checkpoint checkpoint)
            throws IOException {
        boolean served = input == Input.class;
        if (input == Image.class) {
            return TransformerTranslator.images(checkpoint, output);
        }
        if (served && checkpoint.config() instanceof VitConfig) {
            return new ImageServingTranslator(
                    TransformerTranslator.images(checkpoint, servedOutput(checkpoint)));
        }
        TextEncoder encoder = TextEncoder.of(checkpoint);
        model.getNDManager().attachInternal(UUID.randomUUID().toString(), encoder);
        if (served) {
            return new TextServingTranslator(
                    TransformerTranslator.pairs(checkpoint, encoder, servedOutput(checkpoint)));
        }
        return input == String.class
                ? TransformerTranslator.texts(checkpoint, encoder, output)
                : TransformerTranslator.pairs(checkpoint, encoder, output);
    }

    private static Class<?> servedOutput(Checkpoint checkpoint) {
        boolean numbers =
                !checkpoint.config().classes().isEmpty()
                        && checkpoint.problemType() == ProblemType.REGRESSION;
        return numbers ? float[].class : Classifications.class;
    }
}
