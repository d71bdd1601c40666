package dev.tram.djl;

import static dev.tram.djl.Choices.average;
import static dev.tram.djl.Choices.descent;
import static dev.tram.djl.Choices.direction;
import static dev.tram.djl.Choices.distance;
import static dev.tram.djl.Choices.fixed;
import static dev.tram.djl.Choices.lagged;
import static dev.tram.djl.Choices.neighborhood;
import static dev.tram.djl.Choices.noisy;
import static dev.tram.djl.Choices.noisyFisher;
import static dev.tram.djl.Choices.penalty;
import static dev.tram.djl.Choices.pretrained;
import static dev.tram.djl.Choices.previous;
import static dev.tram.djl.Choices.relative;

import ai.djl.nn.Parameter;
import dev.tram.core.Neighborhood;
import dev.tram.core.TrustRegion;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.Recipe.Choice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The methods that the paper compares, variants, and the rest of the field, by name. */
public final class Methods {

    private static final Map<String, Method> BY_NAME = new LinkedHashMap<>();

    static {
        addPaper();
        addVariants();
        addField();
        addMomentum();
    }

    private Methods() {}

    private static void addPaper() {
        put("sgd", new Method("sgd", "stochastic gradient descent", Method::sgd, Recipe.base()));
        add("adam", "Adam", Recipe.base());
        add("sam", "sharpness-aware minimization", sam(0.05f));
        add("asam", "adaptive SAM", asam());
        add("fisher-sam", "SAM in Fisher's metric", fisher(neighborhood("fisher")));
        addPenalty("trpo", "penalty on the step in distribution", previous());
        addPenalty("r3f", "penalty on input noise", noisy());
        addPenalty("mesa", "penalty towards the moving average", average());
        add("asam+trpo", "ASAM and TRPO together", asam().withPenalty(penalty(previous())));
        add("asam+r3f", "ASAM and R3F together", asam().withPenalty(penalty(noisy())));
        add("asam+mesa", "ASAM and MESA together", asam().withPenalty(penalty(average())));
        add("tram-previous", "TRAM, d to the previous step", tram(previous()));
        add("tram-pretrained", "TRAM, d to the pretrained model", tram(pretrained()));
        add("tram-x", "TRAM, d under input noise", tram(noisy()));
        add("tram-fisher", "TRAM-Fisher, Algorithm 2", fisher(noisyFisher(false)));
    }

    private static void addVariants() {
        add("tram-fisher-shared", "TRAM-Fisher, Table 2", fisher(noisyFisher(true)));
        add("tram-average", "TRAM, d to the moving average", tram(average()));
        add(
                "tram-pretrained-cached",
                "tram-pretrained, θ_0's logits kept",
                tram(pretrained()).withOptions(builder -> builder.optPretrainedCache(1L << 30)));
        add(
                "tram-previous-quarter",
                "tram-previous, d on a quarter",
                tram(previous()).withOptions(builder -> builder.optTrustRegionFraction(0.25f)));
        add("tram-previous-relative", "tram-previous, relative d", byRelative(previous()));
        add("tram-pretrained-relative", "tram-pretrained, relative d", byRelative(pretrained()));
        add("tram-x-relative", "tram-x, relative d", byRelative(noisy()));
    }

    private static void addField() {
        add(
                "usam",
                "unnormalised SAM",
                Recipe.ascent(neighborhood("euclidean"), Choices.unnormalised(0.05f)));
        add("gsam", "surrogate gap guided SAM", sam(0.05f).withDescent(descent("gap")));
        add("looksam", "SAM at every fifth step", sam(0.05f).withDescent(descent("reused")));
        add("wsam", "weighted sharpness", sam(0.05f).withDescent(descent("decoupled")));
        add("functional-sam", "functional SAM", sam(0.05f).withDescent(descent("functional")));
        add("friendly-sam", "friendly SAM", sam(0.2f).withDirection(direction("friendly")));
        add(
                "vasso",
                "SAM along averaged gradients",
                sam(0.05f).withDirection(direction("averaged")));
        add("ae-sam", "SAM where ‖g‖ is large", sam(0.05f).withSchedule(Choices.adaptive()));
        add(
                "preconditioned-sam",
                "SAM in Adam's metric",
                Recipe.ascent(neighborhood("preconditioned"), fixed(0.05f)));
        add(
                "sam-on",
                "SAM on normalisation parameters",
                sam(0.5f)
                        .withOptions(
                                builder -> builder.optParameterFilter(Methods::isNormalisation)));
    }

    private static void addMomentum() {
        add("msam", "SAM against the momentum", sam(0.3f).withDirection(direction("momentum")));
        add(
                "momentum-tram-pretrained",
                "TRAM against the momentum, the last d to the pretrained model",
                byMomentum(pretrained())
                        .withOptions(builder -> builder.optPretrainedCache(1L << 30)));
        add(
                "momentum-tram-x",
                "TRAM against the momentum, the last d under input noise",
                byMomentum(noisy()));
        add(
                "momentum-tram-previous",
                "TRAM against the momentum, the last d to the previous step",
                byMomentum(previous()));
    }

    /** A normalisation's scale or shift. */
    private static boolean isNormalisation(Parameter parameter) {
        return parameter.getType() == Parameter.Type.GAMMA
                || parameter.getType() == Parameter.Type.BETA;
    }

    private static Recipe sam(float rho) {
        return Recipe.ascent(neighborhood("euclidean"), fixed(rho));
    }

    private static Recipe asam() {
        return Recipe.ascent(neighborhood("adaptive"), fixed(0.5f));
    }

    private static Recipe fisher(Choice<Neighborhood> shape) {
        return Recipe.ascent(shape, Choices.fixedGamma());
    }

    private static Recipe tram(Choice<TrustRegion> region) {
        return Recipe.ascent(neighborhood("adaptive"), distance(region));
    }

    private static Recipe byRelative(Choice<TrustRegion> region) {
        return Recipe.ascent(neighborhood("adaptive"), relative(region));
    }

    private static Recipe byMomentum(Choice<TrustRegion> region) {
        return Recipe.ascent(neighborhood("adaptive"), lagged(region))
                .withDirection(direction("momentum"));
    }

    private static void addPenalty(String name, String description, Choice<TrustRegion> region) {
        add(name, description, Recipe.base().withPenalty(penalty(region)));
    }

    private static void add(String name, String description, Recipe recipe) {
        put(name, new Method(name, description, Method::adam, recipe));
    }

    private static void put(String name, Method method) {
        BY_NAME.put(name, method);
    }

    /**
     * Returns the names: the paper's fifteen first, then its variants, then the rest of the field.
     *
     * @return the names
     */
    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * Returns a method.
     *
     * @param name one of {@link #names()}
     * @return the method
     * @throws IllegalArgumentException if there is no such method
     */
    public static Method named(String name) {
        Method method = BY_NAME.get(name);
        if (method == null) {
            throw Arguments.rejected("method", "one of " + String.join(", ", names()), name);
        }
        return method;
    }

    /** What a method is on each axis. */
    static Recipe recipe(String name) {
        return named(name).recipe();
    }
}
