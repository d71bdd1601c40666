package dev.tram.experiments;

import java.util.Map;

/**
 * How a trained model was judged.
 *
 * @param samples per measure that is a mean, what it is the mean of, such as the losses of blocks
 *     of text: what a test of significance compares; empty for none
 */
public record Scores(Map<String, Double> measures, Map<String, double[]> samples) {

    public static Scores of(Map<String, Double> measures) {
        return new Scores(measures, Map.of());
    }
}
