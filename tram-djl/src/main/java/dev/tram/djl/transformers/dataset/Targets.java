package dev.tram.djl.transformers.dataset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.ProblemType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** What a model should predict for each example, as arrays of a batch. */
final class Targets {

    private static final String NUMBER = "LABEL_0";

    private final List<String> labels;
    private final BiFunction<NDManager, int[], NDArray> maker;

    private Targets(List<String> labels, BiFunction<NDManager, int[], NDArray> maker) {
        this.labels = labels;
        this.maker = maker;
    }

    /**
     * Reads the labels of examples.
     *
     * @param problem what they mean
     * @param examples the examples
     * @param given the classes in the order of their numbers, or null for those that occur
     * @throws IllegalArgumentException if a label is not among the classes, or in a regression is
     *     not a number
     */
    static Targets of(ProblemType problem, List<LabeledText> examples, List<String> given) {
        List<String> received = examples.stream().map(LabeledText::label).toList();
        return switch (problem) {
            case REGRESSION -> numbers(received, given);
            case SINGLE_LABEL_CLASSIFICATION -> classes(received, given);
            case MULTI_LABEL_CLASSIFICATION ->
                    severalLabels(received.stream().map(Targets::split).toList(), given);
        };
    }

    private static List<String> split(String labels) {
        return Stream.of(labels.split(LabeledText.SEPARATOR, -1))
                .map(String::strip)
                .filter(label -> !label.isEmpty())
                .toList();
    }

    private static List<String> classes(Stream<String> received, List<String> given) {
        List<String> distinct = received.distinct().sorted().toList();
        if (given == null) {
            return distinct;
        }
        for (String label : distinct) {
            if (!given.contains(label)) {
                throw Arguments.rejected("the label of an example", "one of " + given, label);
            }
        }
        return given;
    }

    private static Map<String, Integer> numbered(List<String> labels) {
        Map<String, Integer> numbers = new HashMap<>();
        labels.forEach(label -> numbers.put(label, numbers.size()));
        return numbers;
    }

    private static Targets classes(List<String> received, List<String> given) {
        List<String> labels = classes(received.stream(), given);
        if (received.stream().anyMatch(String::isBlank)) {
            throw Arguments.rejected("the label of an example", "a class's name", "none");
        }
        Map<String, Integer> numbers = numbered(labels);
        long[] classes = received.stream().mapToLong(numbers::get).toArray();
        return new Targets(
                labels,
                (manager, examples) ->
                        manager.create(
                                Arrays.stream(examples)
                                        .mapToLong(example -> classes[example])
                                        .toArray()));
    }

    private static Targets numbers(List<String> received, List<String> given) {
        if (given != null && given.size() != 1) {
            throw Arguments.rejected("the labels of a regression", "one name", given);
        }
        float[] values = new float[received.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = number(received.get(i));
        }
        return new Targets(
                given == null ? List.of(NUMBER) : given,
                (manager, examples) -> {
                    float[] rows = new float[examples.length];
                    for (int row = 0; row < rows.length; row++) {
                        rows[row] = values[examples[row]];
                    }
                    return manager.create(rows, new Shape(rows.length, 1));
                });
    }

    private static float number(String label) {
        try {
            float value = Float.parseFloat(label);
            if (Float.isFinite(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            // It is refused below, with all else that is not a number.
        }
        throw Arguments.rejected("the label of an example", "a finite number", label);
    }

    private static Targets severalLabels(List<List<String>> received, List<String> given) {
        List<String> labels = classes(received.stream().flatMap(List::stream), given);
        Map<String, Integer> numbers = numbered(labels);
        return new Targets(
                labels,
                (manager, examples) -> {
                    float[] rows = new float[examples.length * labels.size()];
                    for (int row = 0; row < examples.length; row++) {
                        for (String label : received.get(examples[row])) {
                            rows[row * labels.size() + numbers.get(label)] = 1;
                        }
                    }
                    return manager.create(rows, new Shape(examples.length, labels.size()));
                });
    }

    List<String> labels() {
        return labels;
    }

    Function<NDManager, NDList> of(int... examples) {
        return manager -> new NDList(maker.apply(manager, examples));
    }
}
