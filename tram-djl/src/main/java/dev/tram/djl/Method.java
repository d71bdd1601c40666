package dev.tram.djl;

import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Arguments;
import dev.tram.core.Divergence;
import dev.tram.core.Divergences;
import dev.tram.core.Noise;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;

/**
 * A method by name with the paper's hyper-parameters (appendix B.2), each of which can be changed.
 * Hyper-parameters that the method does not have are ignored.
 */
public final class Method {

    private static final Map<Key, Float> PAPER =
            Map.of(
                    Key.SIGMA, 0.1f,
                    Key.GAMMA, 0.1f,
                    Key.ETA, 0.1f,
                    Key.LAMBDA, 0.1f,
                    Key.DECAY, 0.999f,
                    Key.SCALE, 1f);

    private final String name;
    private final String description;
    private final Passes passes;
    private final BiConsumer<TramOptimizer.Builder, Method> recipe;
    private final Map<Key, Float> values;
    private final Divergence divergence;

    Method(
            String name,
            String description,
            Passes passes,
            BiConsumer<TramOptimizer.Builder, Method> recipe) {
        this(name, description, passes, recipe, PAPER, Divergences.forwardKl());
    }

    private Method(
            String name,
            String description,
            Passes passes,
            BiConsumer<TramOptimizer.Builder, Method> recipe,
            Map<Key, Float> values,
            Divergence divergence) {
        this.name = name;
        this.description = description;
        this.passes = passes;
        this.recipe = recipe;
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
     */
    public Method withRho(float rho) {
        return with(Key.RHO, Arguments.nonNegative("rho", rho));
    }

    /**
     * Sets the standard deviation σ of the input noise.
     *
     * @param sigma σ, finite and at least 0
     * @return the changed method
     */
    public Method withSigma(float sigma) {
        return with(Key.SIGMA, Arguments.nonNegative("sigma", sigma));
    }

    /**
     * Sets the radius γ of the Fisher methods.
     *
     * @param gamma γ, finite and at least 0
     * @return the changed method
     */
    public Method withGamma(float gamma) {
        return with(Key.GAMMA, Arguments.nonNegative("gamma", gamma));
    }

    /**
     * Sets η of the Fisher methods.
     *
     * @param eta η, finite and at least 0
     * @return the changed method
     */
    public Method withEta(float eta) {
        return with(Key.ETA, Arguments.nonNegative("eta", eta));
    }

    /**
     * Sets the weight λ of the penalties.
     *
     * @param lambda λ, finite and at least 0
     * @return the changed method
     */
    public Method withLambda(float lambda) {
        return with(Key.LAMBDA, Arguments.nonNegative("lambda", lambda));
    }

    /**
     * Sets the decay β of the moving average.
     *
     * @param decay β, in [0, 1)
     * @return the changed method
     */
    public Method withDecay(float decay) {
        if (!(decay >= 0f && decay < 1f)) {
            throw Arguments.rejected("decay", "in [0, 1)", decay);
        }
        return with(Key.DECAY, decay);
    }

    /**
     * Sets a factor on the radius of the TRAM methods.
     *
     * @param scale the factor, finite and at least 0
     * @return the changed method
     */
    public Method withScale(float scale) {
        return with(Key.SCALE, Arguments.nonNegative("scale", scale));
    }

    /**
     * Sets the divergence of the trust regions.
     *
     * @param divergence the divergence
     * @return the changed method
     */
    public Method withDivergence(Divergence divergence) {
        return new Method(
                name,
                description,
                passes,
                recipe,
                values,
                Objects.requireNonNull(divergence, "divergence"));
    }

    private Method with(Key key, float value) {
        Map<Key, Float> changed = new EnumMap<>(values);
        changed.put(key, value);
        return new Method(name, description, passes, recipe, changed, divergence);
    }

    /** ρ as set, or the method's own. */
    float rho(float paper) {
        return values.getOrDefault(Key.RHO, paper);
    }

    Noise noise() {
        return Noise.gaussian(values.get(Key.SIGMA));
    }

    float gamma() {
        return values.get(Key.GAMMA);
    }

    float eta() {
        return values.get(Key.ETA);
    }

    float lambda() {
        return values.get(Key.LAMBDA);
    }

    float decay() {
        return values.get(Key.DECAY);
    }

    float scale() {
        return values.get(Key.SCALE);
    }

    Divergence divergence() {
        return divergence;
    }

    @Override
    public String toString() {
        return name;
    }

    private enum Key {
        RHO,
        SIGMA,
        GAMMA,
        ETA,
        LAMBDA,
        DECAY,
        SCALE
    }

    /**
     * Passes over a batch.
     *
     * @param forward the number of forward passes
     * @param backward the number of backward passes
     */
    public record Passes(int forward, int backward) {}
}
