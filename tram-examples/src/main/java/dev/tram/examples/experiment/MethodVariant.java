package dev.tram.examples.experiment;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.Methods;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A method with hyper-parameters of its own, written NAME@KEY=VALUE: sam@rho=0.1 or
 * tram-x@sigma=1@scale=10. Without any, it is the method's name.
 *
 * @param method one of {@link Methods#names()}
 * @param settings the hyper-parameters that it sets
 * @param learningRate the largest learning rate of its runs, or null for the experiment's
 */
record MethodVariant(String method, MethodSettings settings, Float learningRate) {

    private static final String LEARNING_RATE = "lr";

    /**
     * Reads a variant.
     *
     * @param name the variant as it is written
     * @return the variant
     * @throws IllegalArgumentException if there is no such method, if it has no such
     *     hyper-parameter or if a value is out of its range
     */
    static MethodVariant of(String name) {
        List<String> parts = List.of(name.split("@", -1));
        String method = parts.get(0);
        Map<String, String> given = new LinkedHashMap<>();
        TreeSet<String> known = known(method);
        for (String part : parts.subList(1, parts.size())) {
            String[] pair = part.split("=", 2);
            if (pair.length < 2
                    || !known.contains(pair[0])
                    || given.put(pair[0], pair[1]) != null) {
                throw Arguments.rejected(
                        "the method",
                        method + "@KEY=VALUE, KEY one of " + String.join(", ", known),
                        name);
            }
        }
        MethodSettings settings =
                new MethodSettings(
                        number(name, given.get("rho")),
                        number(name, given.get("sigma")),
                        number(name, given.get("gamma")),
                        number(name, given.get("lambda")),
                        number(name, given.get("scale")),
                        given.get("divergence"));
        return new MethodVariant(method, settings, learningRate(name, given.get(LEARNING_RATE)));
    }

    private static TreeSet<String> known(String method) {
        TreeSet<String> known = new TreeSet<>(List.of(LEARNING_RATE));
        MethodSettings.KEYS.stream()
                .filter(Methods.named(method).hyperParameters()::contains)
                .forEach(key -> known.add(key.toString()));
        return known;
    }

    private static Float learningRate(String name, String value) {
        Float rate = number(name, value);
        return rate == null ? null : Arguments.positive("lr of " + name, rate);
    }

    private static Float number(String name, String value) {
        try {
            return value == null ? null : Float.valueOf(value);
        } catch (NumberFormatException e) {
            throw Arguments.rejected("the method " + name, "a number", value);
        }
    }
}
