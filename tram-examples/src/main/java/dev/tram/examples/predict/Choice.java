package dev.tram.examples.predict;

import dev.tram.djl.transformers.model.ProblemType;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;
import java.util.stream.DoubleStream;
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
        Stream<Choice> choices =
                switch (problem) {
                    case REGRESSION -> choices(logits, names, logit -> logit);
                    case MULTI_LABEL_CLASSIFICATION ->
                            sorted(choices(logits, names, logit -> 1 / (1 + Math.exp(-logit))));
                    case SINGLE_LABEL_CLASSIFICATION -> {
                        double greatest = values(logits, logit -> logit).max().orElseThrow();
                        double sum = values(logits, logit -> Math.exp(logit - greatest)).sum();
                        yield sorted(
                                choices(logits, names, logit -> Math.exp(logit - greatest) / sum));
                    }
                };
        return choices.limit(count).toList();
    }

    private static DoubleStream values(float[] logits, DoubleUnaryOperator meaning) {
        return IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).map(meaning);
    }

    private static Stream<Choice> choices(
            float[] logits, IntFunction<String> names, DoubleUnaryOperator meaning) {
        return IntStream.range(0, logits.length)
                .mapToObj(i -> new Choice(i, names.apply(i), meaning.applyAsDouble(logits[i])));
    }

    private static Stream<Choice> sorted(Stream<Choice> choices) {
        return choices.sorted(Comparator.comparingDouble(choice -> -choice.value()));
    }
}
