package dev.tram.djl.transformers.dataset;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.ProblemType;
import dev.tram.djl.transformers.tokenizer.EncodedText;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Texts, or pairs of texts, with labels. A batch's inputs are the token ids, the attention mask and
 * the token types, each (B, T), padded to the batch's longest text. Its labels are the classes'
 * numbers, (B), int64; in a regression the numbers, (B, 1), float32; where several labels may be
 * right, 1 for each that is and 0 for the others, (B, labels), float32. All texts are encoded once
 * and kept, about five bytes per token.
 */
public final class TextDataset extends BatchedDataset {

    private final TextTokenizer tokenizer;
    private final List<EncodedText> texts;
    private final Targets targets;

    private TextDataset(Builder builder, List<EncodedText> texts, Targets targets) {
        super(builder);
        tokenizer = builder.tokenizer;
        this.texts = texts;
        this.targets = targets;
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns the classes.
     *
     * @return their names, in the order of their numbers
     */
    public List<String> labels() {
        return targets.labels();
    }

    @Override
    public int size() {
        return texts.size();
    }

    @Override
    int length(int example) {
        return texts.get(example).length();
    }

    @Override
    Prepared prepare(int[] examples) {
        List<EncodedText> rows = Arrays.stream(examples).mapToObj(texts::get).toList();
        return new Prepared(manager -> tokenizer.pad(manager, rows).toList(), targets.of(examples));
    }

    /** Builds a {@link TextDataset}. */
    public static final class Builder extends BatchedDataset.Builder<Builder> {

        private TextTokenizer tokenizer;
        private List<LabeledText> examples = List.of();
        private List<String> labels;
        private ProblemType problem = ProblemType.SINGLE_LABEL_CLASSIFICATION;

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets what encodes the texts. It cuts long ones if it was built to.
         *
         * @param newTokenizer the tokenizer, which must stay open as long as the data set is used
         * @return this builder
         */
        public Builder setTokenizer(TextTokenizer newTokenizer) {
            tokenizer = newTokenizer;
            return this;
        }

        /**
         * Sets the examples.
         *
         * @param newExamples the examples, either all with a second text or all without
         * @return this builder
         */
        public Builder setExamples(List<LabeledText> newExamples) {
            examples = List.copyOf(newExamples);
            return this;
        }

        /**
         * Sets the classes, so that a data set for validation numbers them as training does.
         *
         * @param newLabels their names in the order of their numbers; by default those of the
         *     examples in alphabetical order
         * @return this builder
         */
        public Builder optLabels(List<String> newLabels) {
            labels = List.copyOf(newLabels);
            return this;
        }

        /**
         * Sets what labels mean.
         *
         * @param newProblem the meaning; exactly one class is right unless set
         * @return this builder
         */
        public Builder optProblem(ProblemType newProblem) {
            problem = newProblem;
            return this;
        }

        /**
         * Encodes the texts.
         *
         * @return the data set
         * @throws IllegalArgumentException if there are no examples, one has a label that is not
         *     among the labels or, in a regression, is not a number, or some but not all have a
         *     second text
         * @throws IllegalStateException if the tokenizer or the sampling was not set
         */
        public TextDataset build() {
            requireSampling();
            if (tokenizer == null) {
                throw new IllegalStateException("a text data set needs setTokenizer");
            }
            if (examples.isEmpty()) {
                throw Arguments.rejected("the examples", "at least one", "none");
            }
            Targets targets = Targets.of(problem, examples, labels);
            return new TextDataset(this, encoded(), targets);
        }

        private List<EncodedText> encoded() {
            List<String> texts = examples.stream().map(LabeledText::text).toList();
            List<String> pairs = new ArrayList<>();
            examples.stream().map(LabeledText::pair).filter(p -> p != null).forEach(pairs::add);
            if (pairs.isEmpty()) {
                return tokenizer.encodeAll(texts);
            }
            if (pairs.size() < texts.size()) {
                throw Arguments.rejected(
                        "the examples",
                        "all pairs of texts, or none",
                        pairs.size() + " pairs of " + texts.size());
            }
            return tokenizer.encodeAll(texts, pairs);
        }
    }
}
