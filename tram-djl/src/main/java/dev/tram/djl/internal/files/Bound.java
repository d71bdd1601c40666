package dev.tram.djl.internal.files;

import dev.tram.core.internal.Arguments;
import java.util.Locale;

/**
 * How much there may be of something that a file asks for. The system property {@code
 * tram.limit.NAME} sets another value than the usual one.
 */
public interface Bound {

    /**
     * Returns the value unless another is set.
     *
     * @return how much there may be
     */
    long usual();

    /**
     * Returns what a message calls the setting where its value is wrong.
     *
     * @return the property, or the option that sets it
     */
    default String setting() {
        return property();
    }

    /**
     * Returns how a user sets the value.
     *
     * @return what stands before {@code =N}
     */
    default String option() {
        return "-D" + property();
    }

    /**
     * Returns the system property that sets the value.
     *
     * @return its name
     */
    default String property() {
        return "tram.limit." + this;
    }

    /**
     * Returns the value.
     *
     * @return how much there may be
     * @throws IllegalArgumentException if the system property is not a positive number
     */
    default long value() {
        String given = System.getProperty(property());
        if (given == null) {
            return usual();
        }
        try {
            long value = Long.parseLong(given);
            if (value > 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Arguments.rejected(setting(), "a number of at least 1", given);
    }

    /**
     * Sets another value for this process.
     *
     * @param value how much there may be
     * @throws IllegalArgumentException if it is not positive
     */
    default void set(long value) {
        if (value < 1) {
            throw Arguments.rejected(setting(), "a number of at least 1", value);
        }
        System.setProperty(property(), Long.toString(value));
    }

    /**
     * Returns how a message says where the limit is.
     *
     * @param of what is counted, as {@code characters}
     * @return such as {@code at most 1,048,576 characters (--limit text=N sets that)}
     */
    default String inWords(String of) {
        return String.format(Locale.ROOT, "at most %,d %s (%s=N sets that)", value(), of, option());
    }

    /**
     * Returns what a message says of more than there may be.
     *
     * @param received how much there is
     * @param of what is counted, as {@code bytes}
     * @return such as {@code 40,000,000 bytes, expected at most 33,554,432 (-Dtram.limit.json=N
     *     sets that)}
     */
    default String complaint(long received, String of) {
        return String.format(
                Locale.ROOT,
                "%,d %s, expected at most %,d (%s=N sets that)",
                received,
                of,
                value(),
                option());
    }
}
