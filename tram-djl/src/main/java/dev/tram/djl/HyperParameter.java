package dev.tram.djl;

import dev.tram.core.Divergence;
import dev.tram.core.Divergences;
import dev.tram.core.internal.Arguments;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * What {@link Method#with} can change in a {@link Method}. Its text is the key of {@code
 * name@key=value} on the command line. Choices of an axis come first: they decide which numbers a
 * method has.
 */
@SuppressWarnings("ImmutableEnumChecker") // Its readers are functions without state.
public enum HyperParameter {
    /** The vector that is climbed: gradient, friendly, averaged or momentum. */
    DIRECTION(choice(List.of("gradient", "friendly", "averaged", "momentum"))),
    /** The shape of the ball: euclidean, adaptive, fisher or preconditioned. */
    NEIGHBORHOOD(choice(List.of("euclidean", "adaptive", "fisher", "preconditioned"))),
    /** The name of the method whose radius to use. */
    RADIUS(HyperParameter::text),
    /** What the base optimizer is given: ascended, gap, reused, weighted, decoupled, functional. */
    DESCENT(choice(List.of("ascended", "gap", "reused", "weighted", "decoupled", "functional"))),
    /** The divergence of the trust regions, a {@link Divergence} or its name. */
    DIVERGENCE(HyperParameter::divergence),
    /** Ascends at every k-th step only, k at least 1. */
    EVERY(integer(1)),
    /** The first step that ascends, at least 0. */
    FROM(integer(0)),
    /** The first step that no longer ascends, at least 0. */
    UNTIL(integer(0)),
    /** The probability that a step ascends, in [0, 1]. */
    RANDOM(number(HyperParameter::probability)),
    /** The radius ρ, or the largest one, finite and at least 0. */
    RHO(nonNegative()),
    /** The standard deviation σ of the input noise, finite and at least 0. */
    SIGMA(nonNegative()),
    /** The radius γ of the Fisher methods, finite and at least 0. */
    GAMMA(nonNegative()),
    /** η of the Fisher neighborhoods, finite and at least 0. */
    ETA(nonNegative()),
    /** The weight λ of the penalties, finite and at least 0. */
    LAMBDA(nonNegative()),
    /** The decay β of the moving average, in [0, 1). */
    DECAY(number(value -> Arguments.fraction("decay", value))),
    /** A factor on the radius of the TRAM methods, finite and at least 0. */
    SCALE(nonNegative()),
    /** The weight α of GSAM and LookSAM, finite and at least 0. */
    ALPHA(nonNegative()),
    /** LookSAM's interval k, at least 1. */
    K(integer(1)),
    /** The share τ of VaSSO's newest gradient, in (0, 1]. */
    TAU(nonNegative()),
    /** Friendly SAM's share σ of the mean gradient, finite and at least 0. */
    FRIENDLY_SIGMA(nonNegative()),
    /** Friendly SAM's decay λ, in [0, 1). */
    FRIENDLY_LAMBDA(number(value -> Arguments.fraction("friendly-lambda", value))),
    /** WSAM's γ, in [0, 1). */
    WSAM_GAMMA(number(value -> Arguments.fraction("wsam-gamma", value))),
    /** AE-SAM's decay δ, in [0, 1). */
    DELTA(number(value -> Arguments.fraction("delta", value))),
    /** AE-SAM's c at the end, finite. */
    LAMBDA1(number(value -> Arguments.finite("lambda1", value))),
    /** AE-SAM's c at the start, finite. */
    LAMBDA2(number(value -> Arguments.finite("lambda2", value))),
    /** AE-SAM's length T of the training in steps, at least 1. */
    STEPS(integer(1));

    /** Reads a value of one key. */
    @FunctionalInterface
    private interface Reader {

        Object read(String key, Object value);
    }

    private final Reader reader;

    HyperParameter(Reader reader) {
        this.reader = reader;
    }

    /**
     * Returns a value in the form that methods compute with.
     *
     * @param value the value, or its text
     * @return a Float, Long, String or Divergence
     * @throws IllegalArgumentException if it is not a value of this hyper-parameter
     */
    Object checked(Object value) {
        return reader.read(toString(), value);
    }

    /** Whether this is the choice of an axis. */
    boolean isAxis() {
        return this == DIRECTION || this == NEIGHBORHOOD || this == RADIUS || this == DESCENT;
    }

    /** Whether this limits the steps that ascend. */
    boolean isSchedule() {
        return this == EVERY || this == FROM || this == UNTIL || this == RANDOM;
    }

    private static Reader nonNegative() {
        return (key, value) -> Arguments.nonNegative(key, decimal(key, value));
    }

    private static Reader number(UnaryOperator<Float> check) {
        return (key, value) -> check.apply(decimal(key, value));
    }

    private static Reader integer(long minimum) {
        return (key, value) -> {
            double number = decimal(key, value);
            if (number != Math.rint(number) || Math.abs(number) > 1L << 53) {
                throw Arguments.rejected(key, "an integer", value);
            }
            return Arguments.atLeast(key, (long) number, minimum);
        };
    }

    private static Reader choice(List<String> names) {
        return (key, value) -> {
            if (!names.contains(value.toString())) {
                throw Arguments.rejected(key, "one of " + String.join(", ", names), value);
            }
            return value.toString();
        };
    }

    private static float decimal(String key, Object value) {
        if (value instanceof Number number) {
            return number.floatValue();
        }
        try {
            return Float.parseFloat(value.toString());
        } catch (NumberFormatException e) {
            throw Arguments.rejected(key, "a number", value);
        }
    }

    private static float probability(float value) {
        if (!(value >= 0f && value <= 1f)) {
            throw Arguments.rejected("random", "in [0, 1]", value);
        }
        return value;
    }

    private static Object text(String key, Object value) {
        return value.toString();
    }

    private static Object divergence(String key, Object value) {
        return value instanceof Divergence divergence
                ? divergence
                : Divergences.named(value.toString());
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
