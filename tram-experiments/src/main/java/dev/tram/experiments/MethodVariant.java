package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.HyperParameter;
import dev.tram.djl.Method;
import dev.tram.djl.Methods;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A method with hyper-parameters of its own, written NAME@KEY=VALUE: sam@rho=0.1 or
 * tram-x@sigma=1@scale=10. Without any, it is the method's name. NAME may also be {@code ema},
 * {@code swa}, {@code wise}, {@code best} or {@code best-noisy}: the base optimizer, or that of the
 * key {@code method}, of which other weights than the last are the model.
 *
 * @param name what is written before the keys, or the method that they say
 * @param method one of {@link Methods#names()}
 * @param given the hyper-parameters that it sets, as they are written
 * @param learningRate the largest learning rate of its runs, or null for the experiment's
 */
record MethodVariant(
        String name,
        String method,
        Map<HyperParameter, String> given,
        Float learningRate,
        ModelWeights weights) {

    private static final String LEARNING_RATE = "lr";
    private static final String METHOD = "method";

    /** Whatever the base optimizer is: this one has no ascent and no penalty. */
    private static final String PLAIN = "adam";

    /** Reads a variant; refuses methods and keys that there are not, and values out of range. */
    static MethodVariant of(String name) {
        List<String> parts = List.of(name.split("@", -1));
        String row = parts.get(0);
        boolean isControl = ModelWeights.Row.named(row) != ModelWeights.Row.LAST;
        if (!isControl) {
            requireMethod(row);
        }
        Map<String, String> texts = new LinkedHashMap<>();
        for (String part : parts.subList(1, parts.size())) {
            String[] pair = part.split("=", 2);
            if (pair.length < 2 || texts.put(pair[0], pair[1]) != null) {
                throw rejected(row, Methods.named(isControl ? PLAIN : row), name);
            }
        }
        ModelWeights weights = ModelWeights.of(row, texts);
        String chosen = isControl ? texts.remove(METHOD) : row;
        String method = chosen == null ? PLAIN : chosen;
        requireMethod(method);
        Float rate = learningRate(name, texts.remove(LEARNING_RATE));
        Map<HyperParameter, String> given = new EnumMap<>(HyperParameter.class);
        texts.forEach((key, text) -> given.put(key(row, Methods.named(method), key, name), text));
        String base = isControl && chosen != null ? chosen : row;
        MethodVariant variant = new MethodVariant(base, method, given, rate, weights);
        variant.on(Methods.named(method));
        return variant;
    }

    private static void requireMethod(String name) {
        if (!Methods.names().contains(name)) {
            String question = NearNames.didYouMean(NearNames.of(name, Methods.names()));
            throw new IllegalArgumentException(
                    "there is no method '%s'%s (docs/methods.md lists all)"
                            .formatted(name, question));
        }
    }

    private static HyperParameter key(String row, Method method, String key, String name) {
        return Arrays.stream(HyperParameter.values())
                .filter(known -> known.toString().equals(key))
                .findFirst()
                .orElseThrow(() -> rejected(row, method, name));
    }

    /**
     * Returns the method with these hyper-parameters: choices of axes first, since they bring
     * numbers along.
     */
    Method on(Method plain) {
        Method changed = plain;
        for (Map.Entry<HyperParameter, String> entry : given.entrySet()) {
            if (!changed.hyperParameters().contains(entry.getKey())) {
                String row =
                        weights.row() == ModelWeights.Row.LAST ? method : weights.row().toString();
                throw rejected(row, changed, entry.getKey() + "=" + entry.getValue());
            }
            changed = changed.with(entry.getKey(), entry.getValue());
        }
        return changed;
    }

    private static IllegalArgumentException rejected(String row, Method method, String received) {
        TreeSet<String> known = new TreeSet<>(List.of(LEARNING_RATE));
        method.hyperParameters().forEach(key -> known.add(key.toString()));
        ModelWeights.Row control = ModelWeights.Row.named(row);
        if (control != ModelWeights.Row.LAST) {
            known.add(METHOD);
            control.key().ifPresent(known::add);
        }
        return Arguments.rejected(
                "the method", row + "@KEY=VALUE, KEY one of " + String.join(", ", known), received);
    }

    /** Returns a task as a run of this variant has it. */
    Task taskOf(Task task, long seed) {
        return task.ofRun(seed, weights.areChosenByNoisyLabels());
    }

    /** Returns the base optimizer: the usual one, or the one that the method is by its name. */
    BaseOptimizer base(BaseOptimizer usual) {
        return usual.of(name);
    }

    private static Float learningRate(String name, String value) {
        Float rate = number("the method " + name, value);
        return rate == null ? null : Arguments.positive("lr of " + name, rate);
    }

    /** Reads a number; null for null. */
    static Float number(String what, String text) {
        try {
            return text == null ? null : Float.valueOf(text);
        } catch (NumberFormatException e) {
            throw Arguments.rejected(what, "a number", text);
        }
    }
}
