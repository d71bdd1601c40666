package dev.tram.examples.task.xnli;

import dev.tram.experiments.data.Bundled;
import dev.tram.experiments.data.Row;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The Universal Declaration of Human Rights in XNLI's 15 languages: the preamble, section 0, and
 * the articles, sections 1 to 30.
 *
 * @param sections the sections' texts by language
 */
public record Declaration(Map<String, List<String>> sections) {

    /** XNLI's languages, English first. */
    public static final List<String> LANGUAGES =
            List.of(
                    "en", "ar", "bg", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur",
                    "vi", "zh");

    public static final int SECTIONS = 31;

    public static Declaration load() {
        Map<String, List<String>> sections = new LinkedHashMap<>();
        for (String language : LANGUAGES) {
            sections.put(language, read(language));
        }
        return new Declaration(sections);
    }

    private static List<String> read(String language) {
        Map<Integer, List<String>> paragraphs = new TreeMap<>();
        for (Map<String, Object> row : file(language).rows(Row::values)) {
            Integer section = Integer.valueOf((String) row.get("section"));
            paragraphs
                    .computeIfAbsent(section, none -> new ArrayList<>())
                    .add((String) row.get("text"));
        }
        return paragraphs.values().stream().map(text -> String.join(" ", text)).toList();
    }

    private static Bundled file(String language) {
        return new Bundled(Declaration.class, "udhr/" + language + ".tsv");
    }

    /** Returns what determines the texts. */
    public static String identity() {
        return LANGUAGES.stream()
                .map(language -> file(language).identity())
                .collect(Collectors.joining());
    }

    /** Returns a section's text, its paragraphs joined. */
    public String section(String language, int section) {
        return sections.get(language).get(section);
    }

    /**
     * A part of a section, in fractions of its length: about the same words in every language.
     *
     * @param from where it begins, in [0, 1)
     * @param to where it ends, in (0, 1]
     */
    public record Excerpt(int section, double from, double to) {}

    /** Returns an excerpt's text, from the beginning of a word to the end of one. */
    public String text(String language, Excerpt excerpt) {
        String all = section(language, excerpt.section());
        BreakIterator words = BreakIterator.getWordInstance(Locale.forLanguageTag(language));
        words.setText(all);
        int begin = boundary(words, all, excerpt.from());
        int end = boundary(words, all, excerpt.to());
        return all.substring(begin, end).strip();
    }

    private static int boundary(BreakIterator words, String text, double fraction) {
        int place = (int) Math.round(fraction * text.length());
        return place >= text.length() || words.isBoundary(place) ? place : words.preceding(place);
    }
}
