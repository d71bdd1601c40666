package dev.tram.djl.internal.files;

import dev.tram.core.internal.Arguments;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a file may ask for, so that a damaged or hostile one is refused before it takes the memory
 * or the time that it asks for. A system property {@code tram.limit.NAME} sets another value.
 */
public enum Limit {
    /** Bytes of a JSON file; it may have a tenth as many names, numbers, texts and brackets. */
    JSON(1L << 25),

    /** Bytes of the header of a safetensors file. */
    HEADER(1L << 24),

    /** Tensors of a checkpoint. */
    TENSORS(100_000),

    /** Files of a checkpoint's tensors. */
    SHARDS(1_000),

    /** Bytes of a vocabulary that is no JSON, such as vocab.txt. */
    VOCABULARY(1L << 24),

    /** Bytes of a file whose length the hub does not tell. */
    DOWNLOAD(1L << 30),

    /** Bytes of all files of a repository together. */
    REPOSITORY(100L << 30);

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
     * @return such as {@code json=2000000}: what is read depends on them
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
        throw Arguments.rejected(property(), "a number of at least 1", given);
    }

    private String property() {
        return "tram.limit." + this;
    }

    /**
     * Returns what a message says of more than there may be.
     *
     * @param received how much there is
     * @param of what is counted, as {@code bytes}
     * @return such as {@code 40,000,000 bytes, expected at most 33,554,432 (-Dtram.limit.json=N
     *     sets that)}
     */
    public String complaint(long received, String of) {
        return String.format(
                Locale.ROOT,
                "%,d %s, expected at most %,d (-D%s=N sets that)",
                received,
                of,
                value(),
                property());
    }

    /** Returns the name as the property has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
