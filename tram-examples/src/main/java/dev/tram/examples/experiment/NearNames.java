package dev.tram.examples.experiment;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.text.similarity.JaroWinklerSimilarity;

/** What somebody may have meant by a name that does not exist. */
final class NearNames {

    private static final int MOST = 5;
    private static final double NEAR = 0.7;

    private NearNames() {}

    /** Returns at most five names, the nearest first. */
    static List<String> of(String wrong, Collection<String> names) {
        JaroWinklerSimilarity similarity = new JaroWinklerSimilarity();
        return names.stream()
                .filter(name -> similarity.apply(wrong, name) >= NEAR)
                .sorted(Comparator.comparingDouble(name -> -similarity.apply(wrong, name)))
                .limit(MOST)
                .toList();
    }
}
