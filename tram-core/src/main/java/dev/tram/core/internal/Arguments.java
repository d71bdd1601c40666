package dev.tram.core.internal;

/**
 * Checks of numeric arguments; every message names the argument, its range and the value received.
 */
public final class Arguments {

    private static final int LONGEST_QUOTE = 1000;

    private Arguments() {}

    /**
     * Returns {@code value} if it is finite and at least 0.
     *
     * @param name the argument's name, for the message
     * @param value the value
     * @return the value
     * @throws IllegalArgumentException if the value is negative, infinite or NaN
     */
    public static float nonNegative(String name, float value) {
        if (!(value >= 0f && value < Float.POSITIVE_INFINITY)) {
            throw rejected(name, "a finite number >= 0", value);
        }
        return value;
    }

    /**
     * Returns {@code value} if it is finite and greater than 0.
     *
     * @param name the argument's name, for the message
     * @param value the value
     * @return the value
     * @throws IllegalArgumentException if the value is not positive, infinite or NaN
     */
    public static float positive(String name, float value) {
        if (!(value > 0f && value < Float.POSITIVE_INFINITY)) {
            throw rejected(name, "a finite number > 0", value);
        }
        return value;
    }

    /**
     * Returns {@code value} if it is finite.
     *
     * @param name the argument's name, for the message
     * @param value the value
     * @return the value
     * @throws IllegalArgumentException if the value is infinite or NaN
     */
    public static float finite(String name, float value) {
        if (!Float.isFinite(value)) {
            throw rejected(name, "a finite number", value);
        }
        return value;
    }

    /**
     * Returns {@code value} if it is in [0, 1).
     *
     * @param name the argument's name, for the message
     * @param value the value
     * @return the value
     * @throws IllegalArgumentException if the value is outside [0, 1)
     */
    public static float fraction(String name, float value) {
        if (!(value >= 0f && value < 1f)) {
            throw rejected(name, "in [0, 1)", value);
        }
        return value;
    }

    /**
     * Returns {@code value} if it is at least {@code minimum}.
     *
     * @param name the argument's name, for the message
     * @param value the value
     * @param minimum the smallest value allowed
     * @return the value
     * @throws IllegalArgumentException if the value is smaller than the minimum
     */
    public static long atLeast(String name, long value, long minimum) {
        if (value < minimum) {
            throw rejected(name, "an integer >= " + minimum, value);
        }
        return value;
    }

    /**
     * Returns {@code value} if it is at least {@code minimum}.
     *
     * @param name the argument's name, for the message
     * @param value the value
     * @param minimum the smallest value allowed
     * @return the value
     * @throws IllegalArgumentException if the value is smaller than the minimum
     */
    public static int atLeast(String name, int value, int minimum) {
        if (value < minimum) {
            throw rejected(name, "an integer >= " + minimum, value);
        }
        return value;
    }

    /**
     * Returns the exception for an argument outside its range.
     *
     * @param name the argument's name
     * @param expected the range in words
     * @param received the value received
     * @return the exception to throw
     */
    public static IllegalArgumentException rejected(String name, String expected, Object received) {
        String text = String.valueOf(received);
        String quoted =
                text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "…";
        return new IllegalArgumentException(
                name + " must be " + expected + ", received: " + quoted);
    }
}
