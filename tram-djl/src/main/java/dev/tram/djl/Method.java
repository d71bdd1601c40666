package dev.tram.djl;

import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Ascent;
import dev.tram.core.Divergence;
import dev.tram.core.Noise;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import dev.tram.core.internal.Arguments;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A method by name with the hyper-parameters of its source. Each of them can be changed, and so can
 * its choice on each axis. A hyper-parameter that the method does not have is refused.
 */
public final class Method {

    private final String name;
    private final String description;
    private final Supplier<Optimizer> base;
    private final Recipe recipe;
    private final Map<HyperParameter, Object> given;

    Method(String name, String description, Supplier<Optimizer> base, Recipe recipe) {
        this(name, description, base, recipe, new EnumMap<>(HyperParameter.class));
    }

    private Method(
            String name,
            String description,
            Supplier<Optimizer> base,
            Recipe recipe,
            Map<HyperParameter, Object> given) {
        this.name = name;
        this.description = description;
        this.base = base;
        this.recipe = recipe;
        this.given = given;
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
     * Returns a one-line description.
     *
     * @return the description
     */
    public String description() {
        return description;
    }

    /**
     * Returns the passes over a batch on which the method ascends; where its schedule or descent
     * holds the ascent back, there is one of each.
     *
     * @return the passes
     */
    public Passes passes() {
        return Passes.of(builder().settings());
    }

    /**
     * Returns the hyper-parameters that {@link #with} can change.
     *
     * @return those that the method has
     */
    public Set<HyperParameter> hyperParameters() {
        Set<HyperParameter> keys = EnumSet.noneOf(HyperParameter.class);
        keys.addAll(recipe.defaults().keySet());
        if (ascends()) {
            for (HyperParameter key : HyperParameter.values()) {
                if (key.isAxis() || key.isSchedule()) {
                    keys.add(key);
                }
            }
        }
        return Collections.unmodifiableSet(keys);
    }

    /**
     * Returns a hyper-parameter's value.
     *
     * @param key one of {@link #hyperParameters()} that has a value: an axis has none, and a limit
     *     of the schedule only where it was given
     * @return a number, a name or a {@link Divergence}
     * @throws IllegalArgumentException if the method has no value for it
     */
    public Object get(HyperParameter key) {
        Object value = value(key);
        if (value == null) {
            throw Arguments.rejected("hyper-parameter of " + name, "one that has a value", key);
        }
        return value;
    }

    /** Whether the method ascends by its own hyper-parameters. */
    private boolean ascends() {
        Method own = new Method(name, description, base, recipe);
        return !own.builder().settings().ascent().isNone();
    }

    /**
     * Returns a builder with the method's choice on each axis and, as base optimizer, the paper's
     * Adam (or SGD, for {@code sgd}); {@code setBaseOptimizer} replaces it.
     *
     * @return a new builder
     */
    public TramOptimizer.Builder builder() {
        TramOptimizer.Builder builder = TramOptimizer.builder().setBaseOptimizer(base.get());
        recipe.apply(builder, this);
        return builder;
    }

    /** Adam with β = (0.9, 0.99) and learning rate 2e-5, the paper's for language. */
    static Optimizer adam() {
        return Optimizer.adam()
                .optLearningRateTracker(Tracker.fixed(2e-5f))
                .optBeta1(0.9f)
                .optBeta2(0.99f)
                .build();
    }

    /** SGD with learning rate 5e-4, the paper's for vision. */
    static Optimizer sgd() {
        return Optimizer.sgd().setLearningRateTracker(Tracker.fixed(5e-4f)).build();
    }

    /**
     * Sets a hyper-parameter, or the choice on an axis. Choices come before the numbers that they
     * bring along.
     *
     * @param key the hyper-parameter, one of {@link #hyperParameters()}
     * @param value a number, a name or a {@link Divergence}, as the key says, or its text
     * @return the changed method
     * @throws IllegalArgumentException if the method has no such hyper-parameter, or refuses the
     *     value
     */
    public Method with(HyperParameter key, Object value) {
        Objects.requireNonNull(value, key.toString());
        checkHas(key, value);
        Object checked = key.checked(value);
        if (key.isAxis()) {
            Recipe chosen = Choices.choose(recipe, key, checked.toString());
            return checked(new Method(name, description, base, chosen, given));
        }
        Map<HyperParameter, Object> changed = new EnumMap<>(HyperParameter.class);
        changed.putAll(given);
        changed.put(key, checked);
        return checked(new Method(name, description, base, recipe, changed));
    }

    /** Refuses here, not when the optimizer is built, what the axes refuse. */
    private static Method checked(Method method) {
        method.builder();
        return method;
    }

    private void checkHas(HyperParameter key, Object value) {
        Set<HyperParameter> own = hyperParameters();
        if (!own.contains(key)) {
            String expected =
                    own.isEmpty()
                            ? "one of a method that has any"
                            : own.stream()
                                    .map(HyperParameter::toString)
                                    .collect(Collectors.joining(", ", "one of ", ""));
            throw Arguments.rejected("hyper-parameter of " + name, expected, key + " = " + value);
        }
    }

    Recipe recipe() {
        return recipe;
    }

    private Object value(HyperParameter key) {
        Object value = given.get(key);
        return value == null ? recipe.defaults().get(key) : value;
    }

    float number(HyperParameter key) {
        return ((Number) value(key)).floatValue();
    }

    long integer(HyperParameter key) {
        return ((Number) value(key)).longValue();
    }

    Noise noise() {
        return Noise.gaussian(number(HyperParameter.SIGMA));
    }

    Divergence divergence() {
        return (Divergence) value(HyperParameter.DIVERGENCE);
    }

    /** A schedule within the limits that were given. */
    Schedule limited(Schedule schedule) {
        Schedule limited = schedule;
        for (HyperParameter key : HyperParameter.values()) {
            if (key.isSchedule() && given.containsKey(key)) {
                limited = limited.equals(Schedule.always()) ? limit(key) : limited.and(limit(key));
            }
        }
        return limited;
    }

    private Schedule limit(HyperParameter key) {
        return switch (key) {
            case EVERY -> Schedule.every((int) integer(key));
            case FROM -> Schedule.from(integer(key));
            case UNTIL -> Schedule.until(integer(key));
            case RANDOM -> Schedule.random(number(key));
            default -> throw new IllegalStateException(key + " limits no schedule");
        };
    }

    @Override
    public String toString() {
        return name;
    }

    /**
     * Returns whether the method keeps the pretrained model's outputs, which needs a model without
     * dropout.
     *
     * @return whether {@link TramOptimizer.Builder#optPretrainedCache} is set
     */
    public boolean cachesPretrained() {
        return builder().settings().pretrainedCache().isPresent();
    }

    /**
     * Passes over a batch.
     *
     * @param forward the number of forward passes
     * @param backward the number of backward passes
     */
    public record Passes(int forward, int backward) {

        static Passes of(TramSettings settings) {
            Ascent ascent = settings.ascent();
            boolean ascends = !ascent.isNone();
            boolean second = ascends && !ascent.direction().isMomentum();
            boolean fisher =
                    ascends
                            && ascent.neighborhood().noise().isPresent()
                            && !ascent.neighborhood().sharesFirstPass();
            boolean cached =
                    settings.pretrainedCache().isPresent()
                            && settings.measuredRegion()
                                    .filter(TrustRegion.Pretrained.class::isInstance)
                                    .isPresent();
            boolean measured = settings.measuredRegion().isPresent() && !cached;
            boolean noisy =
                    settings.penalty()
                            .map(TrustRegionPenalty::trustRegion)
                            .flatMap(TrustRegion::noise)
                            .isPresent();
            int backward = 1 + count(second) + count(fisher);
            int forward =
                    backward
                            + count(measured)
                            + count(settings.penalty().isPresent())
                            + count(noisy && second);
            return new Passes(forward, backward);
        }

        private static int count(boolean pass) {
            return pass ? 1 : 0;
        }
    }
}
