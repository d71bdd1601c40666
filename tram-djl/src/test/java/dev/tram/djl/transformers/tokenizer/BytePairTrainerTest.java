package dev.tram.djl.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BytePairTrainerTest {

    private static final List<String> TEXTS =
            List.of(
                    "low low low low low lower lower newest newest newest newest newest newest",
                    "widest widest widest. aaaa aaaa aaaaa aaa, we're they're I'm it's",
                    "übermäßig übermäßig 北京 北京 北京 🙂🙂 🙂 1999 1999 2024 \n\n  x  \t y");

    @TempDir private Path directory;

    private static BytePairVocabulary train(List<String> texts, int size) {
        return BytePairTrainer.builder().optVocabularySize(size).build().train(texts.iterator());
    }

    /** Counts every pair anew for every merge, on words split by hand. */
    private static List<String> naiveMerges(List<String> words, int minFrequency, int limit) {
        List<List<String>> split =
                words.stream()
                        .map(ByteAlphabet::encode)
                        .map(word -> (List<String>) new ArrayList<>(List.of(word.split(""))))
                        .toList();
        List<String> ids = new ArrayList<>(List.of(ByteAlphabet.all().split("")));
        List<String> merges = new ArrayList<>();
        while (merges.size() < limit) {
            Map<Integer, Integer> counts = new TreeMap<>();
            for (List<String> word : split) {
                for (int i = 1; i < word.size(); ++i) {
                    int pair = 10_000 * ids.indexOf(word.get(i - 1)) + ids.indexOf(word.get(i));
                    counts.merge(pair, 1, Integer::sum);
                }
            }
            int most = counts.values().stream().max(Integer::compare).orElse(0);
            if (most < minFrequency) {
                break;
            }
            int best =
                    counts.keySet().stream().filter(p -> counts.get(p) == most).findFirst().get();
            String left = ids.get(best / 10_000);
            String right = ids.get(best % 10_000);
            for (List<String> word : split) {
                for (int i = 1; i < word.size(); ++i) {
                    if (word.get(i - 1).equals(left) && word.get(i).equals(right)) {
                        word.set(i - 1, left + right);
                        word.remove(i);
                    }
                }
            }
            merges.add(left + " " + right);
            if (!ids.contains(left + right)) {
                ids.add(left + right);
            }
        }
        return merges;
    }

    @Test
    void mergesAsCountingAnewWould() {
        List<String> words =
                List.of(
                        "low", " low", " low", " low", " low", " lower", " lower", " newest",
                        " newest", " newest", " newest", " newest", " newest", " widest", " aaaa",
                        " aaaa", " aaaaa", " aaa", " abab", " ababab", "'re", "'re", "北京", " 北京",
                        "🙂🙂", " 🙂🙂");
        BytePairVocabulary trained = train(List.of(String.join("", words)), 300);

        assertThat(trained.merges()).isEqualTo(naiveMerges(words, 2, 43));
        assertThat(trained.merges()).hasSizeGreaterThan(25).startsWith("a a");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void mergesRandomWordsAsCountingAnewWould(long seed) {
        Random random = new Random(seed);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 60; ++i) {
            String word =
                    random.ints(1 + random.nextInt(9), 0, 3)
                            .mapToObj(c -> String.valueOf((char) ('a' + c)))
                            .collect(Collectors.joining());
            words.add(" " + word);
        }
        BytePairVocabulary trained = train(List.of(String.join("", words)), 330);

        List<String> expected = naiveMerges(words, 2, trained.merges().size());
        assertThat(trained.merges()).isEqualTo(expected).hasSizeGreaterThan(30);
    }

    @Test
    void theOrderOfTextsDoesNotMatter() {
        List<String> shuffled = new ArrayList<>(TEXTS);
        Collections.reverse(shuffled);

        assertThat(train(shuffled, 300)).isEqualTo(train(TEXTS, 300));
    }

    @Test
    void stopsWhereNoPairIsFrequent() {
        BytePairVocabulary vocabulary =
                BytePairTrainer.builder()
                        .optVocabularySize(8000)
                        .optMinFrequency(5)
                        .build()
                        .train(TEXTS.iterator());

        assertThat(vocabulary.tokens().size()).isBetween(258, 300);
        assertThat(vocabulary.tokens()).hasSize(257 + vocabulary.merges().size());
    }

    @Test
    void aFrequentWordBecomesOneToken() throws IOException {
        train(TEXTS, 400).write(directory);
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(directory).build()) {
            assertThat(tokenizer.encode(" newest")).hasSize(1);
            assertThat(tokenizer.id("Ġnewest")).hasValue(tokenizer.encode(" newest")[0]);
            assertThat(tokenizer.encode(" newest newest")).hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource(Framing.class)
    void everyTextComesBack(Framing framing) throws IOException {
        BytePairVocabulary vocabulary =
                BytePairTrainer.builder()
                        .optVocabularySize(350)
                        .optFraming(framing)
                        .build()
                        .train(TEXTS.iterator());
        vocabulary.write(directory);
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(directory).build()) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(vocabulary.tokens().size());
            Random random = new Random(7);
            for (int i = 0; i < 300; ++i) {
                String text = randomText(random);
                long[] ids = tokenizer.encode(text);
                assertThat(tokenizer.decode(ids)).isEqualTo(text);
                assertThat(Arrays.stream(ids)).allMatch(id -> id >= framing.tokens().size());
            }
        }
    }

    /** Any code points but surrogates: controls, spaces, letters, unassigned ones. */
    private static String randomText(Random random) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(40);
        while (text.codePointCount(0, text.length()) < length) {
            int bound =
                    switch (random.nextInt(3)) {
                        case 0 -> 0x80;
                        case 1 -> 0x3000;
                        default -> Character.MAX_CODE_POINT + 1;
                    };
            int codePoint = random.nextInt(bound);
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                text.appendCodePoint(codePoint);
            }
        }
        return text.toString();
    }

    @Test
    void namesItsSpecialTokens() throws IOException {
        BytePairTrainer.builder()
                .optVocabularySize(300)
                .optFraming(Framing.ROBERTA)
                .build()
                .train(TEXTS.iterator())
                .write(directory);
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(directory).build()) {
            assertThat(tokenizer.id(SpecialToken.CLASSIFIER)).hasValue(0);
            assertThat(tokenizer.id(SpecialToken.PAD)).hasValue(1);
            assertThat(tokenizer.padId()).isEqualTo(1);
            assertThat(tokenizer.id(SpecialToken.SEPARATOR)).hasValue(2);
            assertThat(tokenizer.id(SpecialToken.UNKNOWN)).hasValue(3);
            assertThat(tokenizer.id(SpecialToken.MASK)).hasValue(4);
            assertThat(tokenizer.encode("a <mask>")).hasSize(2).endsWith(4);
        }
    }

    @Test
    void rejectsAVocabularyWithoutRoomForTheBytes() {
        BytePairTrainer.Builder builder = BytePairTrainer.builder().optVocabularySize(256);

        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("vocabularySize must be an integer >= 257, received: 256");
        assertThatThrownBy(() -> BytePairTrainer.builder().optMinFrequency(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("received: 0");
    }
}
