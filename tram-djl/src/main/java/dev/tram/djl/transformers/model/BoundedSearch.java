package dev.tram.djl.transformers.model;

import dev.tram.core.internal.Arguments;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Matches a regular expression that a stranger wrote: it ends, whatever the expression. */
final class BoundedSearch {

    private static final int LONGEST = 1_000;
    private static final int MOST_READS = 1_000_000;

    private BoundedSearch() {}

    /**
     * Returns whether an expression matches a whole name.
     *
     * @throws IllegalArgumentException if the expression is invalid, is longer than 1,000
     *     characters or would search without end
     */
    static boolean matches(String regex, String name) {
        if (regex.length() > LONGEST) {
            throw Arguments.rejected(
                    "target_modules", "at most " + LONGEST + " characters", regex.length());
        }
        try {
            return Pattern.matches(regex, new CountedText(name, regex));
        } catch (PatternSyntaxException e) {
            throw Arguments.rejected(
                    "target_modules",
                    "names, or a regular expression",
                    regex + " (" + e.getDescription() + ")");
        }
    }

    /** A text that says how often it is read. */
    private static final class CountedText implements CharSequence {

        private final String text;
        private final String regex;
        private int reads;

        CountedText(String text, String regex) {
            this.text = text;
            this.regex = regex;
        }

        @Override
        public char charAt(int index) {
            if (++reads > MOST_READS) {
                throw Arguments.rejected(
                        "target_modules", "an expression that does not search without end", regex);
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
