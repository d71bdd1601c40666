package dev.tram.examples.task.xnli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DeclarationTest {

    private static Declaration declaration;

    @BeforeAll
    static void load() throws IOException {
        declaration = Declaration.load();
    }

    @Test
    void everyLanguageHasEverySection() {
        for (String language : Declaration.LANGUAGES) {
            for (int section = 0; section < Declaration.SECTIONS; section++) {
                assertThat(declaration.section(language, section)).isNotBlank();
            }
        }
        assertThat(declaration.section("en", 1)).startsWith("All human beings are born free");
        assertThat(declaration.section("de", 30)).startsWith("Keine Bestimmung dieser Erklärung");
    }

    @Test
    void excerptsAreWholeWords() {
        Random random = new Random(1);
        Excerpts excerpts = new Excerpts(declaration, 0, 30);
        for (int i = 0; i < 200; i++) {
            Declaration.Excerpt excerpt = excerpts.draw(excerpts.section(random), random);
            for (String language : Declaration.LANGUAGES) {
                String all = declaration.section(language, excerpt.section());
                assertThat(all).contains(declaration.text(language, excerpt));
            }
            assertThat(" " + declaration.section("en", excerpt.section()).replaceAll("\\W+", " "))
                    .contains(
                            (" " + declaration.text("en", excerpt))
                                    .replaceAll("\\W+", " ")
                                    .strip());
            Declaration.Excerpt overlapping = excerpts.drawOverlapping(excerpt, random);
            assertThat(Math.abs(overlapping.from() - excerpt.from()))
                    .isLessThanOrEqualTo((excerpt.to() - excerpt.from()) / 2 + 1e-9);
            assertThat(overlapping.from()).isGreaterThanOrEqualTo(0);
            assertThat(overlapping.to()).isLessThanOrEqualTo(1 + 1e-9);
        }
    }

    @Test
    void substitutedTextsShareWhatTheyShared() {
        List<String> words = WordSubstitution.words("en", "One two, THREE four five six.");
        assertThat(words).containsExactly("five", "four", "one", "six", "three", "two");
        List<String> others = WordSubstitution.words("de", "eins zwei drei vier fünf sechs");
        WordSubstitution substitution = new WordSubstitution(words, others, new Random(2));
        String first = substitution.apply("One, two? seven");
        String second = substitution.apply("three; ONE");
        assertThat(first).endsWith(" seven").doesNotContain("One").contains(", ", "? ");
        assertThat(second).endsWith("; " + first.substring(0, first.indexOf(',')));
        assertThat(WordSubstitution.words("de", substitution.apply(String.join(" ", words))))
                .isEqualTo(others);
    }

    @Test
    void pairsAreBalancedParallelAndApartByArticle() throws IOException {
        Map<Share, List<TextExample>> pairs = new EnumMap<>(Share.class);
        new DeclarationPairs()
                .read(
                        (part, pair) ->
                                pairs.computeIfAbsent(part, p -> new ArrayList<>()).add(pair));
        for (List<TextExample> part : pairs.values()) {
            for (String relation : List.of("same", "neighbouring", "unrelated")) {
                assertThat(part.stream().filter(pair -> pair.label().equals(relation)).count() * 3)
                        .isEqualTo(part.size());
            }
        }
        assertThat(sections(pairs.get(Share.TRAINING))).allMatch(s -> s <= 17);
        assertThat(
                        pairs.get(Share.TRAINING).stream()
                                .filter(pair -> isPlain(pair.text()) && isPlain(pair.pair())))
                .hasSizeBetween(
                        pairs.get(Share.TRAINING).size() / 2,
                        pairs.get(Share.TRAINING).size() * 51 / 100);
        assertThat(sections(pairs.get(Share.VALIDATION))).allMatch(s -> s >= 18 && s <= 22);
        List<TextExample> test = pairs.get(Share.TEST);
        assertThat(sections(test)).allMatch(s -> s >= 23);
        int count = test.size() / Declaration.LANGUAGES.size();
        for (int i = 0; i < test.size(); i++) {
            assertThat(test.get(i).group()).isEqualTo(Declaration.LANGUAGES.get(i / count));
            assertThat(test.get(i).label()).isEqualTo(test.get(i % count).label());
        }
    }

    /** The sections that contain an English pair's texts, where only one does. */
    private static Set<Integer> sections(List<TextExample> pairs) {
        Set<Integer> found = new HashSet<>();
        for (TextExample pair : pairs) {
            if (pair.group().equals("en")) {
                add(found, pair.text());
                add(found, pair.pair());
            }
        }
        return found;
    }

    private static boolean isPlain(String text) {
        return IntStream.range(0, Declaration.SECTIONS)
                .anyMatch(section -> declaration.section("en", section).contains(text));
    }

    private static void add(Set<Integer> found, String text) {
        List<Integer> in = new ArrayList<>();
        for (int section = 0; section < Declaration.SECTIONS; section++) {
            if (declaration.section("en", section).contains(text)) {
                in.add(section);
            }
        }
        if (in.size() == 1) {
            found.addAll(in);
        }
    }
}
