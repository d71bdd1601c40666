package dev.tram.djl;

import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Divergence;
import dev.tram.core.Divergences;
import dev.tram.core.Noise;
import dev.tram.core.internal.Arguments;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * A method by name with the paper's hyper-parameters (appendix B.2), each of which can be changed.
 * A hyper-parameter that the method does not have is refused by its setter.
 */
public final class Method {

    private static final Map<HyperParameter, Float> PAPER =
            Map.of(
                    HyperParameter.SIGMA, 0.1f,
                    HyperParameter.GAMMA, 0.1f,
                    HyperParameter.ETA, 0.1f,
                    HyperParameter.LAMBDA, 0.1f,
                    HyperParameter.DECAY, 0.999f,
                    HyperParameter.SCALE, 1f);

    private final String name;
    private final String description;
    private final Passes passes;
    private final BiConsumer<TramOptimizer.Builder, Method> recipe;
    private final Set<HyperParameter> hyperParameters;
    private final Map<HyperParameter, Float> values;
    private final Divergence divergence;

    Method(
            String name,
            String description,
            Passes passes,
            BiConsumer<TramOptimizer.Builder, Method> recipe,
            Set<HyperParameter> hyperParameters) {
        this(name, description, passes, recipe, hyperParameters, PAPER, Divergences.forwardKl());
    }

    private Method(
            String name,
            String description,
            Passes passes,
            BiConsumer<TramOptimizer.Builder, Method> recipe,
            Set<HyperParameter> hyperParameters,
            Map<HyperParameter, Float> values,
            Divergence divergence) {
        this.name = name;
        this.description = description;
        this.passes = passes;
        this.recipe = recipe;
        this.hyperParameters = hyperParameters;
        this.values = values;
        this.divergence = divergence;
    }

    /**
     * Returns the name, as in {@link Methods#names()}.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * Returns what the method is, in a line.
     *
     * @return the description
     */
    public String description() {
        return description;
    }

    /**
     * Returns the passes per batch.
     *
     * @return the passes
     */
    public Passes passes() {
        return passes;
    }

    /**
     * Returns what the setters can change.
     *
     * @return the hyper-parameters that the method has
     */
    public Set<HyperParameter> hyperParameters() {
        return hyperParameters;
    }

    /**
     * Returns a builder with the method's ascent and penalty and, as base optimizer, the paper's
     * Adam (or SGD, for {@code sgd}); {@code setBaseOptimizer} replaces it.
     *
     * @return a new builder
     */
    public TramOptimizer.Builder builder() {
        TramOptimizer.Builder builder = TramOptimizer.builder().setBaseOptimizer(adam());
        recipe.accept(builder, this);
        return builder;
    }

    /** Adam with β = (0.9, 0.99) and learning rate 2e-5, the paper's for language. */
    private static Optimizer adam() {
        return Optimizer.adam()
                .optLearningRateTracker(Tracker.fixed(2e-5f))
                .optBeta1(0.9f)
                .optBeta2(0.99f)
                .build();
    }

    /**
     * Sets the radius ρ of SAM and ASAM, and of the relative radius.
     *
     * @param rho ρ, finite and at least 0
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or not that value
     */
    public Method withRho(float rho) {
        return with(HyperParameter.RHO, Arguments.nonNegative("rho", rho));
    }

    /**
     * Sets the standard deviation σ of the input noise.
     *
     * @param sigma σ, finite and at least 0
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or not that value
     */
    public Method withSigma(float sigma) {
        return with(HyperParameter.SIGMA, Arguments.nonNegative("sigma", sigma));
    }

    /**
     * Sets the radius γ of the Fisher methods.
     *
     * @param gamma γ, finite and at least 0
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or not that value
     */
    public Method withGamma(float gamma) {
        return with(HyperParameter.GAMMA, Arguments.nonNegative("gamma", gamma));
    }

    /**
     * Sets η of the Fisher methods.
     *
     * @param eta η, finite and at least 0
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or not that value
     */
    public Method withEta(float eta) {
        return with(HyperParameter.ETA, Arguments.nonNegative("eta", eta));
    }

    /**
     * Sets the weight λ of the penalties.
     *
     * @param lambda λ, finite and at least 0
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or not that value
     */
    public Method withLambda(float lambda) {
        return with(HyperParameter.LAMBDA, Arguments.nonNegative("lambda", lambda));
    }

    /**
     * Sets the decay β of the moving average.
     *
     * @param decay β, in [0, 1)
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or not that value
     */
    public Method withDecay(float decay) {
        if (!(decay >= 0f && decay < 1f)) {
            throw Arguments.rejected("decay", "in [0, 1)", decay);
        }
        return with(HyperParameter.DECAY, decay);
    }

    /**
     * Sets a factor on the radius of the TRAM methods.
     *
     * @param scale the factor, finite and at least 0
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or not that value
     */
    public Method withScale(float scale) {
        return with(HyperParameter.SCALE, Arguments.nonNegative("scale", scale));
    }

    /**
     * Sets the divergence of the trust regions.
     *
     * @param divergence the divergence
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or not that value
     */
    public Method withDivergence(Divergence divergence) {
        Objects.requireNonNull(divergence, "divergence");
        checkHas(HyperParameter.DIVERGENCE, divergence);
        return new Method(name, description, passes, recipe, hyperParameters, values, divergence);
    }

    private Method with(HyperParameter key, float value) {
        checkHas(key, value);
        Map<HyperParameter, Float> changed = new EnumMap<>(values);
        changed.put(key, value);
        return new Method(name, description, passes, recipe, hyperParameters, changed, divergence);
    }

    private void checkHas(HyperParameter key, Object value) {
        if (!hyperParameters.contains(key)) {
            String own =
                    hyperParameters.isEmpty()
                            ? "one of a method that has any"
                            : hyperParameters.stream()
                                    .map(HyperParameter::toString)
                                    .collect(Collectors.joining(", ", "one of ", ""));
            throw Arguments.rejected("hyper-parameter of " + name, own, key + " = " + value);
        }
    }

    /** ρ as set, or the method's own. */
    float rho(float paper) {
        return values.getOrDefault(HyperParameter.RHO, paper);
    }

    Noise noise() {
        return Noise.gaussian(values.get(HyperParameter.SIGMA));
    }

    float gamma() {
        return values.get(HyperParameter.GAMMA);
    }

    float eta() {
        return values.get(HyperParameter.ETA);
    }

    float lambda() {
        return values.get(HyperParameter.LAMBDA);
    }

    float decay() {
        return values.get(HyperParameter.DECAY);
    }

    float scale() {
        return values.get(HyperParameter.SCALE);
    }

    Divergence divergence() {
        return divergence;
    }

    @Override
    public String toString() {
        return name;
    }

    /** What can be changed of a method. */
    public enum HyperParameter {
        /** See {@link Method#withRho}. */
        RHO,
        /** See {@link Method#withSigma}. */
        SIGMA,
        /** See {@link Method#withGamma}. */
        GAMMA,
        /** See {@link Method#withEta}. */
        ETA,
        /** See {@link Method#withLambda}. */
        LAMBDA,
        /** See {@link Method#withDecay}. */
        DECAY,
        /** See {@link Method#withScale}. */
        SCALE,
        /** See {@link Method#withDivergence}. */
        DIVERGENCE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Passes over a batch.
     *
     * @param forward the number of forward passes
     * @param backward the number of backward passes
     */
    public record Passes(int forward, int backward) {}
}
