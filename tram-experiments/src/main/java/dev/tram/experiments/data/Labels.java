package dev.tram.experiments.data;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The names of classes. Two that differ in any letter are two classes. */
public final class Labels {

    private static final int LONGEST_NUMBER = 9;

    /** Numbers of up to nine digits by their values, before anything else by its letters. */
    public static final Comparator<String> ORDER =
            Comparator.comparing(Labels::sortable).thenComparing(Comparator.naturalOrder());

    private Labels() {}

    private static String sortable(String label) {
        return isNumber(label) ? "0".repeat(LONGEST_NUMBER - label.length()) + label : label;
    }

    private static boolean isNumber(String label) {
        return !label.isEmpty()
                && label.length() <= LONGEST_NUMBER
                && label.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /**
     * Tells of classes that may be meant as one. Returns a line on those that differ in nothing but
     * case, blanks, invisible characters, Unicode's ways to write a character, or zeros before a
     * number; empty if there are none.
     */
    public static String alike(Collection<String> labels) {
        Map<String, List<String>> groups = new TreeMap<>();
        labels.stream()
                .sorted(ORDER)
                .forEach(l -> groups.computeIfAbsent(core(l), key -> new ArrayList<>()).add(l));
        String alike =
                groups.values().stream()
                        .filter(group -> group.size() > 1)
                        .map(Labels::quoted)
                        .collect(Collectors.joining("; "));
        return alike.isEmpty() ? "" : "alike, but classes of their own: " + alike;
    }

    private static String core(String label) {
        String plain =
                Normalizer.normalize(label, Normalizer.Form.NFKC)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("\\p{Cf}", "")
                        .replaceAll("(?U)\\s+", " ")
                        .strip();
        return plain.replaceFirst("^0+(?=\\d)", "").replaceFirst("^(\\d+)\\.0*$", "$1");
    }

    private static String quoted(List<String> labels) {
        return labels.stream()
                .map(label -> '"' + visible(label) + '"')
                .collect(Collectors.joining(" and "));
    }

    /** Characters beyond ASCII by their codes, since they may look the same. */
    private static String visible(String label) {
        return label.codePoints()
                .mapToObj(
                        c ->
                                c >= ' ' && c <= '~'
                                        ? Character.toString(c)
                                        : String.format("\\u%04X", c))
                .collect(Collectors.joining());
    }
}
