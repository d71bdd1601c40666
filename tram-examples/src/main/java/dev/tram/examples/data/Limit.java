package dev.tram.examples.data;

import dev.tram.core.internal.Arguments;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a file may ask for, so that a damaged or hostile one is refused before it takes the memory
 * or the time that it asks for. A system property {@code tram.limit.NAME} sets another value; on
 * the command line it is {@code --limit NAME=N}.
 */
public enum Limit {
    /** Characters of a line of a file of text. */
    LINE(1L << 24),

    /** Characters of a text that is tokenised, or of another cell. */
    TEXT(1L << 20),

    /** How many times its own size a gzip file may unfold to. */
    RATIO(200),

    /** Bytes of an unpacked page of a Parquet file. */
    PAGE(1L << 27),

    /** Bytes of a file that holds an image. */
    FILE(1L << 28),

    /** Bytes of an image's samples; with 3 bytes a pixel it is where Pillow warns of a bomb. */
    IMAGE(1L << 28);

    private final long usual;

    Limit(long usual) {
        this.usual = usual;
    }

    /**
     * Returns the value.
     *
     * @return how much there may be
     * @throws IllegalArgumentException if the system property is no positive number
     */
    public long value() {
        String given = System.getProperty(property());
        return given == null ? usual : parsed(given);
    }

    /**
     * Sets another value for this process.
     *
     * @param value how much there may be
     * @throws IllegalArgumentException if it is not positive
     */
    public void set(long value) {
        System.setProperty(property(), Long.toString(value));
        value();
    }

    /**
     * Returns the limits that were set.
     *
     * @return such as {@code text=2000000}: what is read depends on them
     */
    public static List<String> changed() {
        return Stream.of(values())
                .filter(limit -> limit.value() != limit.usual)
                .map(limit -> limit + "=" + limit.value())
                .toList();
    }

    private long parsed(String given) {
        try {
            long value = Long.parseLong(given);
            if (value > 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Arguments.rejected("--limit " + this, "a number of at least 1", given);
    }

    private String property() {
        return "tram.limit." + this;
    }

    /**
     * Returns how a message says where the limit is.
     *
     * @param of what is counted, as {@code characters}
     * @return such as {@code at most 1,048,576 characters (--limit text=N sets that)}
     */
    public String inWords(String of) {
        return String.format(
                Locale.ROOT, "at most %,d %s (--limit %s=N sets that)", value(), of, this);
    }

    /**
     * Returns what a message says of more than there may be.
     *
     * @param received how much there is
     * @param of what is counted, as {@code characters}
     * @return such as {@code 2,000,000 characters, expected at most 1,048,576 (--limit text=N sets
     *     that)}
     */
    public String complaint(long received, String of) {
        return String.format(
                Locale.ROOT,
                "%,d %s, expected at most %,d (--limit %s=N sets that)",
                received,
                of,
                value(),
                this);
    }

    /** Returns the name on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
