package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.HyperParameter;
import dev.tram.djl.Method;
import dev.tram.djl.analysis.RadiusSearch;
import java.util.List;

/**
 * What a search tries; null leaves what fits the method and the experiment.
 *
 * @param key the hyper-parameter: rho, scale, gamma or lambda
 * @param values the number of values, each the same multiple of the one before
 * @param firstSteps how many updates all values are trained
 */
public record TuneSettings(
        String key, Float smallest, Float largest, int values, Integer firstSteps) {

    /** What of a method is looked for: the first that it has. */
    private static final List<HyperParameter> USUAL =
            List.of(
                    HyperParameter.RHO,
                    HyperParameter.SCALE,
                    HyperParameter.GAMMA,
                    HyperParameter.LAMBDA);

    /** How much smaller and larger than its source's value a radius may be. */
    private static final float SPAN = 8;

    /** More than differ in anything. */
    private static final int MOST_VALUES = 1_000;

    /** A distance may be smaller than a useful radius by orders of magnitude. */
    private static final float LARGEST_SCALE = 1e6f;

    public TuneSettings {
        if (Arguments.atLeast("values", values, 2) > MOST_VALUES) {
            throw Arguments.rejected("values", "an integer <= " + MOST_VALUES, values);
        }
        if (firstSteps != null) {
            Arguments.atLeast("first-steps", firstSteps, 1);
        }
    }

    /** Returns what is looked for; refuses a method that has no such hyper-parameter. */
    HyperParameter keyOf(Method method) {
        return USUAL.stream()
                .filter(candidate -> key == null || candidate.toString().equals(key))
                .filter(method.hyperParameters()::contains)
                .findFirst()
                .orElseThrow(
                        () ->
                                Arguments.rejected(
                                        "a method to tune",
                                        "one with "
                                                + (key == null
                                                        ? "rho, scale, gamma or lambda"
                                                        : "--key " + key),
                                        method));
    }

    /** Returns the search for a method in a run of so many updates after its warm-up. */
    RadiusSearch search(Method method, int updates) {
        HyperParameter tuned = keyOf(method);
        boolean isScale = tuned == HyperParameter.SCALE;
        float usual = ((Number) method.get(tuned)).floatValue();
        float from = smallest != null ? smallest : isScale ? usual : usual / SPAN;
        float to = largest != null ? largest : isScale ? usual * LARGEST_SCALE : usual * SPAN;
        return RadiusSearch.geometric(from, to, values, firstStepsOf(updates));
    }

    /** So that the best value is trained for half a run in the end. */
    private int firstStepsOf(int updates) {
        return firstSteps != null ? firstSteps : Math.max(1, updates / (1 << (rounds() + 1)));
    }

    private int rounds() {
        return 32 - Integer.numberOfLeadingZeros(values - 1);
    }

    /** Returns how many updates a search makes at most, by those of a run after its warm-up. */
    int updatesOf(int updates) {
        int first = firstStepsOf(updates);
        int sum = values * first;
        int left = values;
        for (int steps = first; left > 1; steps *= 2) {
            left = (left + 1) / 2;
            sum += left * steps;
        }
        return sum;
    }

    /** Refuses an experiment of which a method cannot be tuned. */
    public void check(ExperimentConfig config) {
        Protocol protocol = config.protocol();
        int updates = protocol.steps() - protocol.warmup();
        for (String name : config.methods()) {
            Method method = config.settings().method(name);
            HyperParameter tuned = keyOf(method);
            if (MethodVariant.of(name).given().containsKey(tuned)) {
                throw Arguments.rejected(
                        "a method to tune", "one that leaves " + tuned + " open", name);
            }
            search(method, updates);
        }
        if (updatesOfBest(updates) > updates) {
            throw Arguments.rejected(
                    "the training of the best value",
                    "at most "
                            + updates
                            + " updates long (--steps without the warm-up; fewer --first-steps or"
                            + " --values shorten it)",
                    updatesOfBest(updates) + " updates");
        }
    }

    /** How long the best value is trained. */
    private long updatesOfBest(int updates) {
        return (long) firstStepsOf(updates) << rounds();
    }

    /** The keys that can be looked for, for messages. */
    static String keys() {
        return String.join(", ", USUAL.stream().map(HyperParameter::toString).toList());
    }

    /** Refuses a key that no search knows; null is none. */
    public static void checkKey(String key) {
        if (key != null && USUAL.stream().noneMatch(known -> known.toString().equals(key))) {
            throw Arguments.rejected("--key", "one of " + keys(), key);
        }
    }
}
