package dev.tram.examples.task.xnli;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts a word of another language in the place of each word, always the same: what two texts share
 * they still share, but what they are about is lost. (Qin et al., CoSDA-ML, 2020, do so with
 * translations; here the words are drawn.)
 */
final class WordSubstitution {

    private static final Pattern WORD = Pattern.compile("\\p{L}+");

    private final Map<String, String> images = new HashMap<>();

    /**
     * Draws a substitution.
     *
     * @param words the words to be replaced
     * @param others the words that replace them; where they are fewer, some serve twice
     */
    WordSubstitution(List<String> words, List<String> others, Random random) {
        List<String> shuffled = new ArrayList<>(others);
        Collections.shuffle(shuffled, random);
        for (int i = 0; i < words.size(); i++) {
            images.put(words.get(i), shuffled.get(i % shuffled.size()));
        }
    }

    /** Returns the different words of a text, in lower case and in a fixed order. */
    static List<String> words(String language, String text) {
        TreeSet<String> words = new TreeSet<>();
        BreakIterator breaks = BreakIterator.getWordInstance(Locale.forLanguageTag(language));
        breaks.setText(text);
        int begin = 0;
        for (int end = breaks.next(); end != BreakIterator.DONE; end = breaks.next()) {
            if (Character.isLetter(text.codePointAt(begin))) {
                words.add(lower(text.substring(begin, end)));
            }
            begin = end;
        }
        return List.copyOf(words);
    }

    /** Replaces the words of an English text; unknown ones stay. */
    String apply(String text) {
        return WORD.matcher(text)
                .replaceAll(
                        word ->
                                Matcher.quoteReplacement(
                                        images.getOrDefault(lower(word.group()), word.group())));
    }

    private static String lower(String word) {
        return word.toLowerCase(Locale.ROOT);
    }
}
