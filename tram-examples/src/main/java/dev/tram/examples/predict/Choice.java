package dev.tram.examples.predict;

import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A class or a token that a model can choose.
 *
 * @param index its position among the logits
 * @param name the class's name, or the token's text
 * @param probability its probability, from 0 to 1
 */
public record Choice(int index, String name, double probability) {

    /**
     * Returns the most probable choices.
     *
     * @param logits the logits of all choices
     * @param names the names of choices, by position
     * @param count how many choices to return at most
     * @return the choices, the most probable first; of equals, the lower position first
     */
    static List<Choice> mostProbable(float[] logits, IntFunction<String> names, int count) {
        double greatest = positions(logits).mapToDouble(i -> logits[i]).max().orElseThrow();
        double sum = positions(logits).mapToDouble(i -> Math.exp(logits[i] - greatest)).sum();
        return positions(logits)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -logits[i]))
                .limit(count)
                .map(i -> new Choice(i, names.apply(i), Math.exp(logits[i] - greatest) / sum))
                .toList();
    }

    private static IntStream positions(float[] logits) {
        return IntStream.range(0, logits.length);
    }
}
