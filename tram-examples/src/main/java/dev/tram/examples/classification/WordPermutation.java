package dev.tram.examples.classification;

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
 * Puts one word in another one's place, always the same: what two texts share they still share, but
 * what they are about is lost.
 */
final class WordPermutation {

    private static final Pattern WORD = Pattern.compile("\\p{L}+");

    private final Map<String, String> images = new HashMap<>();

    /** Draws a permutation. */
    WordPermutation(List<String> words, Random random) {
        List<String> shuffled = new ArrayList<>(words);
        Collections.shuffle(shuffled, random);
        for (int i = 0; i < words.size(); i++) {
            images.put(words.get(i), shuffled.get(i));
        }
    }

    /** Returns the different words of texts, in lower case and in alphabetical order. */
    static List<String> words(List<String> texts) {
        TreeSet<String> words = new TreeSet<>();
        for (String text : texts) {
            WORD.matcher(text).results().forEach(word -> words.add(lower(word.group())));
        }
        return List.copyOf(words);
    }

    /** Replaces the words of a text; unknown ones stay. */
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
