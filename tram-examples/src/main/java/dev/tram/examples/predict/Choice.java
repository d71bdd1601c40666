package dev.tram.examples.predict;

import dev.tram.djl.transformers.model.ProblemType;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A class or a token that a model can choose, or a number that it predicts.
 *
 * @param index its position among the logits
 * @param name the class's name, or the token's text
 * @param value its probability, from 0 to 1; of a regression, the number
 */
public record Choice(int index, String name, double value) {

    /**
     * Returns what logits mean.
     *
     * @param problem how they are to be understood
     * @param logits the logits of all choices
     * @param names the names of choices, by position
     * @param count how many choices to return at most
     * @return the choices, the most probable first; of equals, the lower position first; numbers in
     *     the order of their positions
     */
    static List<Choice> of(
            ProblemType problem, float[] logits, IntFunction<String> names, int count) {
        double[] values = problem.values(logits);
        Stream<Integer> places = IntStream.range(0, values.length).boxed();
        return (problem == ProblemType.REGRESSION
                        ? places
                        : places.sorted(Comparator.comparingDouble(place -> -values[place])))
                .limit(count)
                .map(place -> new Choice(place, names.apply(place), values[place]))
                .toList();
    }
}
