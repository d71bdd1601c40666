package dev.tram.djl.transformers.inference;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.util.StringPair;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.tokenizer.EncodedText;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * Texts, or pairs of texts, to token ids, attention mask and token types, each (B, T), padded to
 * the batch's longest. A single text is a pair whose value is null. A classifier's texts are cut
 * where the checkpoint says; what a language model goes on from is not cut.
 */
public final class TextEncoder implements InputEncoder<StringPair>, AutoCloseable {

    private final TextTokenizer tokenizer;
    private final boolean languageModel;
    private final int vocabularySize;

    private TextEncoder(TextTokenizer tokenizer, boolean languageModel, int vocabularySize) {
        this.tokenizer = tokenizer;
        this.languageModel = languageModel;
        this.vocabularySize = vocabularySize;
    }

    /**
     * Reads the tokenizer of a checkpoint.
     *
     * @param checkpoint the checkpoint
     * @return the encoder
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if the model reads no texts, or its directory has no
     *     tokenizer
     * @throws IllegalStateException if {@code ai.djl.huggingface:tokenizers} is not on the class
     *     path
     */
    public static TextEncoder of(Checkpoint checkpoint) throws IOException {
        ModelConfig config = checkpoint.config();
        boolean languageModel = config.classes().isEmpty();
        int size;
        if (config instanceof Gpt2Config gpt2) {
            size = gpt2.vocabSize();
        } else if (config instanceof EncoderConfig encoder) {
            size = encoder.vocabSize();
        } else {
            throw Arguments.rejected("the model", "one that reads texts", config.modelType());
        }
        TextTokenizer.Builder builder =
                TextTokenizer.builder().setDirectory(checkpoint.directory());
        TextTokenizer tokenizer = languageModel ? builder.build() : builder.optModelLimit().build();
        return new TextEncoder(tokenizer, languageModel, size);
    }

    @Override
    public Function<NDManager, NDList> encode(List<StringPair> examples) {
        List<EncodedText> texts = encoded(examples);
        for (EncodedText text : texts) {
            if (text.length() == 0) {
                throw Arguments.rejected("the text", "at least one token long", "no token");
            }
            if (text.greatestId() >= vocabularySize) {
                throw Arguments.rejected(
                        "the tokenizer's ids",
                        "less than vocab_size " + vocabularySize,
                        text.greatestId());
            }
        }
        return manager -> {
            NDList inputs = tokenizer.pad(manager, texts).toList();
            return languageModel ? inputs.subNDList(0, 2) : inputs;
        };
    }

    private List<EncodedText> encoded(List<StringPair> examples) {
        List<String> texts = examples.stream().map(StringPair::getKey).toList();
        List<String> pairs =
                examples.stream().map(StringPair::getValue).filter(Objects::nonNull).toList();
        if (pairs.isEmpty()) {
            return languageModel ? tokenizer.encodePlain(texts) : tokenizer.encodeAll(texts);
        }
        if (languageModel) {
            throw Arguments.rejected(
                    "the second text", "absent for a language model", pairs.get(0));
        }
        return tokenizer.encodeAll(texts, pairs);
    }

    /**
     * Returns a token's text.
     *
     * @param token the token's id
     * @return the text, which may begin with a space
     */
    public String token(long token) {
        return tokenizer.decode(new long[] {token});
    }

    /** Frees the native tokenizer. */
    @Override
    public void close() {
        tokenizer.close();
    }
}
