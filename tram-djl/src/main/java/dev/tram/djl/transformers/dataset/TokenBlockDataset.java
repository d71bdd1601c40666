package dev.tram.djl.transformers.dataset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.tokenizer.SpecialToken;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Running text for a language model: blocks of T + 1 tokens, of which a batch's inputs are the
 * first T, (B, T), and its labels the last T, the token after each, (B, T), int64. What is left at
 * the text's end is dropped. All tokens are kept, eight bytes each.
 */
public final class TokenBlockDataset extends BatchedDataset {

    private final long[] tokens;
    private final int blockLength;

    private TokenBlockDataset(Builder builder, long[] tokens) {
        super(builder);
        this.tokens = tokens;
        blockLength = builder.blockLength;
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public int size() {
        return (tokens.length - 1) / blockLength;
    }

    @Override
    int length(int example) {
        return blockLength;
    }

    @Override
    Prepared prepare(int[] examples) {
        return new Prepared(
                manager -> new NDList(blocks(manager, examples, 0)),
                manager -> new NDList(blocks(manager, examples, 1)));
    }

    /** The blocks' tokens, from {@code shift} places on. */
    private NDArray blocks(NDManager manager, int[] examples, int shift) {
        long[] values = new long[examples.length * blockLength];
        for (int row = 0; row < examples.length; row++) {
            int start = examples[row] * blockLength + shift;
            System.arraycopy(tokens, start, values, row * blockLength, blockLength);
        }
        return manager.create(values, new Shape(examples.length, blockLength));
    }

    /** Builds a {@link TokenBlockDataset}. */
    public static final class Builder extends BatchedDataset.Builder<Builder> {

        private TextTokenizer tokenizer;
        private List<Path> files = List.of();
        private int blockLength;

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets what encodes the text.
         *
         * @param newTokenizer the tokenizer, without a limit of length
         * @return this builder
         */
        public Builder setTokenizer(TextTokenizer newTokenizer) {
            tokenizer = newTokenizer;
            return this;
        }

        /**
         * Sets the text.
         *
         * @param newFiles text files in UTF-8; the end token of the tokenizer goes between two
         * @return this builder
         */
        public Builder setFiles(List<Path> newFiles) {
            files = List.copyOf(newFiles);
            return this;
        }

        /**
         * Sets the length of a block.
         *
         * @param newBlockLength the number T of tokens that the model sees at once, at least 1
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder setBlockLength(int newBlockLength) {
            blockLength = Arguments.atLeast("the block length", newBlockLength, 1);
            return this;
        }

        /**
         * Reads and encodes the text.
         *
         * @return the data set
         * @throws IllegalArgumentException if the text is shorter than one block
         * @throws IllegalStateException if the tokenizer, the block length or the sampling was not
         *     set
         * @throws IOException if a file cannot be read
         */
        public TokenBlockDataset build() throws IOException {
            requireSampling();
            if (tokenizer == null || blockLength == 0) {
                throw new IllegalStateException(
                        "a token block data set needs setTokenizer and setBlockLength");
            }
            LongStream all = LongStream.empty();
            OptionalLong end = tokenizer.id(SpecialToken.END);
            for (int i = 0; i < files.size(); i++) {
                if (i > 0 && end.isPresent()) {
                    all = LongStream.concat(all, LongStream.of(end.getAsLong()));
                }
                String text = Files.readString(files.get(i));
                all = LongStream.concat(all, LongStream.of(tokenizer.encode(text)));
            }
            long[] tokens = all.toArray();
            if (tokens.length <= blockLength) {
                throw Arguments.rejected(
                        "the text of " + files,
                        "longer than a block, " + blockLength + " tokens",
                        tokens.length);
            }
            return new TokenBlockDataset(this, tokens);
        }
    }
}
