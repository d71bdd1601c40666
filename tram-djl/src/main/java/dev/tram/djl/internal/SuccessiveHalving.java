package dev.tram.djl.internal;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The rule of successive halving (Jamieson and Talwalkar 2016), the inner loop of Hyperband (Li et
 * al. 2018): all candidates train some steps, the better half of them twice as many, and so on. One
 * whose loss is not finite is out at once.
 */
public final class SuccessiveHalving {

    private SuccessiveHalving() {}

    /**
     * Ranks candidates.
     *
     * @param <T> what is compared
     * @param losses a loss per candidate, less being better; equal ones keep the map's order
     * @return those with a finite loss, the best first
     */
    public static <T> List<T> ranked(Map<T, Double> losses) {
        return losses.entrySet().stream()
                .filter(entry -> Double.isFinite(entry.getValue()))
                .sorted(Comparator.comparingDouble(Map.Entry::getValue))
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * Returns which candidates train on.
     *
     * @param <T> what is compared
     * @param ranked the candidates, the best first
     * @return the better half, the middle one included
     */
    public static <T> List<T> betterHalf(List<T> ranked) {
        return ranked.subList(0, (ranked.size() + 1) / 2);
    }
}
