package dev.tram.djl.transformers.tokenizer;

import dev.tram.core.internal.Arguments;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Refuses regular expressions that can make Oniguruma, which the native library has, search on and
 * on: it gives up after ten million steps at a place, and that ends the process. An expression is
 * allowed if it takes at most linearly many steps at each place of a text: nothing is repeated that
 * can match in several ways, and at most one repetition is made shorter again and again by a later
 * failure. Where this cannot be decided, the expression is refused.
 */
final class RegexCheck {

    private static final int LONGEST = 4_000;
    private static final int DEEPEST = 30;
    private static final int MOST_REPEATS = 1_000;
    private static final int MOST_WAYS = 10_000;

    /** From here on the ways of a repetition count as unbounded. */
    private static final int FEW = 16;

    private static final int ENDLESS = Integer.MAX_VALUE;

    private final String pattern;
    private final Map<String, BitSet> characters = new HashMap<>();
    private int position;
    private int depth;

    private RegexCheck(String pattern) {
        this.pattern = pattern;
    }

    /**
     * Checks a regular expression.
     *
     * @param name what it is called in the message
     * @param pattern the expression, in Oniguruma's syntax
     * @return the fewest characters that it matches
     * @throws IllegalArgumentException if it is refused; the message says why
     */
    static long check(String name, String pattern) {
        try {
            if (pattern.length() > LONGEST) {
                throw new RefusedException("more than " + LONGEST + " characters");
            }
            RegexCheck check = new RegexCheck(pattern);
            Part whole = check.alternatives();
            if (check.position < pattern.length()) {
                throw new RefusedException("an unmatched )");
            }
            if (whole.degree > 1 || whole.ways > MOST_WAYS) {
                throw new RefusedException("repetitions that shorten one another");
            }
            return whole.least;
        } catch (RefusedException e) {
            throw Arguments.rejected(
                    name, "one that cannot search without end (" + e.getMessage() + ")", pattern);
        }
    }

    /** Why an expression is refused. */
    private static final class RefusedException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        RefusedException(String reason) {
            super(reason);
        }
    }

    /**
     * A part of an expression.
     *
     * @param set a class of one character, in Java's syntax, or null if it is something else
     * @param empty whether it can match nothing, other than what takes no character anyway
     * @param least the fewest characters that it matches
     * @param varies whether it can match in several ways at one place
     * @param open how many repetitions in it a failure behind it can shorten
     * @param degree the power of the text's length that bounds the steps within it
     * @param ways in how many ways it can match, unbounded repetitions left aside
     * @param delimited whether its ways to match are told apart by its first character
     */
    private record Part(
            String set,
            boolean empty,
            long least,
            boolean varies,
            int open,
            int degree,
            double ways,
            boolean delimited) {

        static Part single(String set) {
            return new Part(set, false, 1, false, 0, 0, 1, true);
        }

        /** What takes no character, as a look around. */
        static Part place(int degree) {
            return new Part(null, false, 0, false, 0, degree, 1, false);
        }

        /** What gives nothing back. */
        Part atomic() {
            return new Part(null, empty, least, false, 0, degree, 1, false);
        }
    }

    private boolean more() {
        return position < pattern.length();
    }

    private boolean at(String text) {
        return pattern.startsWith(text, position);
    }

    private boolean skip(String text) {
        boolean there = at(text);
        position += there ? text.length() : 0;
        return there;
    }

    private char next() {
        if (!more()) {
            throw new RefusedException("an end too early");
        }
        return pattern.charAt(position++);
    }

    private Part alternatives() {
        if (++depth > DEEPEST) {
            throw new RefusedException("groups more than " + DEEPEST + " deep");
        }
        List<Part> branches = new ArrayList<>();
        do {
            branches.add(sequence());
        } while (skip("|"));
        depth--;
        return branches.size() == 1
                ? branches.get(0)
                : new Part(
                        null,
                        branches.stream().anyMatch(Part::empty),
                        branches.stream().mapToLong(Part::least).min().orElse(0),
                        true,
                        branches.stream().mapToInt(Part::open).max().orElse(0),
                        branches.stream().mapToInt(Part::degree).max().orElse(0),
                        branches.stream().mapToDouble(Part::ways).sum(),
                        false);
    }

    private Part sequence() {
        List<Part> parts = new ArrayList<>();
        while (more() && !at("|") && !at(")")) {
            Part part = atom();
            if (part != null) {
                parts.add(repeated(part));
            }
        }
        return parts.size() == 1 ? parts.get(0) : joined(parts);
    }

    private Part joined(List<Part> parts) {
        int open = 0;
        int shortened = 0;
        boolean tried = false;
        for (int i = 0; i < parts.size(); i++) {
            List<Part> following = upToNeeded(parts, i + 1);
            boolean needed = !following.isEmpty() && !following.get(following.size() - 1).empty;
            Part part = parts.get(i);
            if (part.open > 0 && !needed) {
                open += part.open;
            } else if (part.open > 0 && following.stream().allMatch(f -> disjoint(part, f))) {
                tried = true;
            } else {
                shortened += part.open;
            }
        }
        return new Part(
                null,
                parts.stream().allMatch(Part::empty),
                parts.stream().mapToLong(Part::least).sum(),
                parts.stream().anyMatch(Part::varies),
                open,
                parts.stream().mapToInt(Part::degree).sum() + shortened + (tried ? 1 : 0),
                parts.stream().mapToDouble(Part::ways).reduce(1, (a, b) -> a * b),
                isDelimited(parts));
    }

    /** The parts from an index on, up to the first that must match something. */
    private static List<Part> upToNeeded(List<Part> parts, int from) {
        int end = from;
        while (end < parts.size() && parts.get(end).empty) {
            end++;
        }
        return parts.subList(from, Math.min(end + 1, parts.size()));
    }

    /** As {@code '\p{L}+}: no way to match goes on where the next match would begin. */
    private boolean isDelimited(List<Part> parts) {
        return !parts.isEmpty()
                && !parts.get(0).empty
                && !parts.get(0).varies
                && parts.stream()
                        .filter(Part::varies)
                        .allMatch(part -> disjoint(parts.get(0), part));
    }

    private boolean disjoint(Part one, Part other) {
        BitSet first = characters(one.set);
        BitSet second = characters(other.set);
        return first != null && second != null && !first.intersects(second);
    }

    /** The characters of a class, or null where Java cannot parse it. */
    private BitSet characters(String set) {
        if (set == null) {
            return null;
        }
        return characters.computeIfAbsent(
                set,
                source -> {
                    try {
                        Predicate<String> in =
                                Pattern.compile(
                                                source,
                                                Pattern.CASE_INSENSITIVE
                                                        | Pattern.UNICODE_CASE
                                                        | Pattern.UNICODE_CHARACTER_CLASS
                                                        | Pattern.DOTALL)
                                        .asMatchPredicate();
                        BitSet members = new BitSet();
                        for (char c = 0; c < Character.MAX_VALUE; c++) {
                            members.set(c, in.test(Character.toString(c)));
                        }
                        return members;
                    } catch (PatternSyntaxException e) {
                        return null;
                    }
                });
    }

    private Part repeated(Part part) {
        boolean interval = at("{");
        int[] range = quantifier();
        if (range == null) {
            return part;
        }
        boolean lazy = skip("?");
        boolean possessive = !lazy && !interval && skip("+");
        if (quantifier() != null) {
            throw new RefusedException("a repeated repetition");
        }
        int least = range[0];
        int most = range[1];
        if (least > MOST_REPEATS || (most != ENDLESS && most > MOST_REPEATS)) {
            throw new RefusedException("more than " + MOST_REPEATS + " repetitions");
        }
        if (most > 1 && part.varies && !part.delimited) {
            throw new RefusedException("a repetition of what matches in several ways");
        }
        boolean many = most == ENDLESS || most - least > FEW;
        Part repetition =
                new Part(
                        part.set,
                        least == 0 || part.empty,
                        least * part.least,
                        part.varies || most != least,
                        many ? 1 : part.open,
                        part.degree,
                        many ? part.ways : part.ways * (most - least + 1),
                        false);
        return possessive ? repetition.atomic() : repetition;
    }

    /** Returns the fewest and the most repetitions, or null where there is no quantifier. */
    private int[] quantifier() {
        if (skip("*")) {
            return new int[] {0, ENDLESS};
        }
        if (skip("+")) {
            return new int[] {1, ENDLESS};
        }
        if (skip("?")) {
            return new int[] {0, 1};
        }
        int end = at("{") ? pattern.indexOf('}', position) : -1;
        String inner = end < 0 ? "" : pattern.substring(position + 1, end);
        if (!inner.matches("\\d{1,9}|\\d{1,9},\\d{0,9}|,\\d{1,9}")) {
            return null;
        }
        position = end + 1;
        int comma = inner.indexOf(',');
        String first = comma < 0 ? inner : inner.substring(0, comma);
        String last = comma < 0 ? inner : inner.substring(comma + 1);
        return new int[] {
            first.isEmpty() ? 0 : Integer.parseInt(first),
            last.isEmpty() ? ENDLESS : Integer.parseInt(last)
        };
    }

    /** Returns the next part without its quantifier, or null for an option or a comment. */
    private Part atom() {
        int begin = position;
        char c = next();
        return switch (c) {
            case '(' -> group();
            case '[' -> {
                characterClass(1);
                String set = pattern.substring(begin, position);
                yield Part.single(set.contains("[:") ? null : set);
            }
            case '\\' -> escape(begin);
            case '.' -> Part.single(".");
            case '^', '$' -> Part.place(0);
            case '*', '+', '?' -> throw new RefusedException("a repetition of nothing");
            default -> Part.single(Pattern.quote(Character.toString(c)));
        };
    }

    private Part group() {
        if (!skip("?")) {
            if (at("*")) {
                throw new RefusedException("a call");
            }
            return closed();
        }
        if (skip("#")) {
            while (next() != ')') {
                // a comment
            }
            return null;
        }
        if (skip("=") || skip("!") || skip("<=") || skip("<!")) {
            return Part.place(closed().degree);
        }
        if (skip(">")) {
            return closed().atomic();
        }
        if (skip("<")) {
            while (next() != '>') {
                // the group's name
            }
            return closed();
        }
        while (more() && "imx-".indexOf(pattern.charAt(position)) >= 0) {
            position++;
        }
        if (skip(")")) {
            return null;
        }
        if (skip(":")) {
            return closed();
        }
        throw new RefusedException("a group of the kind (?" + next());
    }

    private Part closed() {
        Part inner = alternatives();
        if (!skip(")")) {
            throw new RefusedException("an open group");
        }
        return inner;
    }

    private void characterClass(int nesting) {
        if (nesting > DEEPEST) {
            throw new RefusedException("classes more than " + DEEPEST + " deep");
        }
        skip("^");
        skip("]");
        for (char c = next(); c != ']'; c = next()) {
            if (c == '\\') {
                next();
            } else if (c == '[') {
                characterClass(nesting + 1);
            }
        }
    }

    private Part escape(int begin) {
        char c = next();
        if ((c >= '1' && c <= '9') || c == 'k' || c == 'g') {
            throw new RefusedException("a reference");
        }
        if ("bBAzZGK".indexOf(c) >= 0) {
            return Part.place(0);
        }
        if ("pPx".indexOf(c) >= 0 && at("{")) {
            while (next() != '}') {
                // the name or the number
            }
        } else if (c == 'x' || c == 'u') {
            int digits = c == 'x' ? 2 : 4;
            position = Math.min(pattern.length(), position + digits);
        }
        boolean unlikeJava = "hHRXNOQE".indexOf(c) >= 0;
        return Part.single(unlikeJava ? null : pattern.substring(begin, position));
    }
}
