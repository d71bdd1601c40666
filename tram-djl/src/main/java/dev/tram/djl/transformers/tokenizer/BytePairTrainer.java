package dev.tram.djl.transformers.tokenizer;

import dev.tram.core.internal.Arguments;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a byte-level vocabulary by byte-pair encoding (Sennrich et al. 2016, over bytes as in
 * GPT-2): texts are split into words, each word into its UTF-8 bytes, and the most frequent pair of
 * neighbours becomes a token, again and again. Every text has an encoding, since every byte is a
 * token.
 *
 * <p>Deterministic: of equally frequent pairs the one of the lowest ids is merged first, whatever
 * the order of the texts. Memory grows with the number of different words, not with the texts.
 */
public final class BytePairTrainer {

    /** GPT-2's words: a space belongs to the word that follows it. */
    private static final Pattern WORD =
            Pattern.compile(
                    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
                            + "|\\s+(?!\\S)|\\s+",
                    Pattern.UNICODE_CHARACTER_CLASS);

    private final int vocabularySize;
    private final int minFrequency;
    private final Framing framing;

    private BytePairTrainer(Builder builder) {
        vocabularySize = builder.vocabularySize;
        minFrequency = builder.minFrequency;
        framing = builder.framing;
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
     * Learns a vocabulary.
     *
     * @param texts the texts, read once
     * @return the vocabulary; smaller than asked for if no more pairs are frequent enough
     */
    public BytePairVocabulary train(Iterator<String> texts) {
        Map<String, Integer> ids = new HashMap<>();
        List<String> tokens = new ArrayList<>(framing.tokens());
        for (char b : ByteAlphabet.all().toCharArray()) {
            ids.put(String.valueOf(b), tokens.size());
            tokens.add(String.valueOf(b));
        }
        PairCounts pairs = new PairCounts(words(texts, ids));
        List<String> merges = new ArrayList<>();
        while (tokens.size() < vocabularySize) {
            long pair = pairs.mostFrequent(minFrequency);
            if (pair < 0) {
                break;
            }
            String left = tokens.get(PairCounts.left(pair));
            String right = tokens.get(PairCounts.right(pair));
            Integer known = ids.putIfAbsent(left + right, tokens.size());
            pairs.merge(pair, known == null ? tokens.size() : known);
            merges.add(left + " " + right);
            if (known == null) {
                tokens.add(left + right);
            }
        }
        return new BytePairVocabulary(tokens, merges, framing);
    }

    private static List<PairCounts.Word> words(Iterator<String> texts, Map<String, Integer> ids) {
        Map<String, Long> counts = new HashMap<>();
        while (texts.hasNext()) {
            Matcher word = WORD.matcher(texts.next());
            while (word.find()) {
                counts.merge(word.group(), 1L, Long::sum);
            }
        }
        List<PairCounts.Word> words = new ArrayList<>(counts.size());
        counts.forEach((word, count) -> words.add(new PairCounts.Word(symbols(word, ids), count)));
        return words;
    }

    private static int[] symbols(String word, Map<String, Integer> ids) {
        return ByteAlphabet.encode(word)
                .chars()
                .map(character -> ids.get(String.valueOf((char) character)))
                .toArray();
    }

    /** Builds a {@link BytePairTrainer}. */
    public static final class Builder {

        private static final int BYTES = 256;

        private int vocabularySize = 8000;
        private int minFrequency = 2;
        private Framing framing = Framing.GPT2;

        Builder() {}

        /**
         * Sets the number of tokens wanted.
         *
         * @param vocabularySize at least the special tokens and the 256 bytes, 8,000 by default
         * @return this builder
         */
        public Builder optVocabularySize(int vocabularySize) {
            this.vocabularySize = vocabularySize;
            return this;
        }

        /**
         * Sets how often a pair must occur to become a token.
         *
         * @param minFrequency at least 1, 2 by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder optMinFrequency(int minFrequency) {
            this.minFrequency = Arguments.atLeast("minFrequency", minFrequency, 1);
            return this;
        }

        /**
         * Sets the special tokens.
         *
         * @param framing GPT-2's by default
         * @return this builder
         */
        public Builder optFraming(Framing framing) {
            this.framing = framing;
            return this;
        }

        /**
         * Builds the trainer.
         *
         * @return the trainer
         * @throws IllegalArgumentException if the vocabulary is too small for the bytes
         */
        public BytePairTrainer build() {
            int smallest = BYTES + framing.tokens().size();
            Arguments.atLeast("vocabularySize", vocabularySize, smallest);
            return new BytePairTrainer(this);
        }
    }
}
