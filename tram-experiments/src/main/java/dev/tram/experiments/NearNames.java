package dev.tram.experiments;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.text.similarity.JaroWinklerSimilarity;

/** What somebody may have meant by a name that does not exist. */
public final class NearNames {

    private static final int MOST = 5;
    private static final double NEAR = 0.7;

    private NearNames() {}

    /** Returns at most five names that are similar or have the same letters, the nearest first. */
    public static List<String> of(String wrong, Collection<String> names) {
        JaroWinklerSimilarity similarity = new JaroWinklerSimilarity();
        return names.stream()
                .filter(
                        name ->
                                similarity.apply(wrong, name) >= NEAR
                                        || letters(wrong).equals(letters(name)))
                .sorted(Comparator.comparingDouble(name -> -similarity.apply(wrong, name)))
                .limit(MOST)
                .toList();
    }

    /** Returns the question that follows what is said of a wrong name; empty if none is near. */
    public static String didYouMean(List<String> near) {
        return near.isEmpty() ? "" : "; did you mean " + String.join(", ", near) + "?";
    }

    private static List<Integer> letters(String name) {
        return name.chars().sorted().boxed().toList();
    }
}
