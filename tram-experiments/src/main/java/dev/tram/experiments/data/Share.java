package dev.tram.experiments.data;

import java.util.Locale;
import java.util.zip.CRC32;

/**
 * What an example is for. Of an undivided set, of every ten about seven are trained on, one is for
 * validation and two are for the test: the content alone decides, so that equal examples stay
 * together and their order does not matter.
 */
public enum Share {
    /** What is trained on. */
    TRAINING,
    /** What a model is selected by. */
    VALIDATION,
    /** What a trained model is judged on. */
    TEST;

    private static final int TENTHS = 10;

    /** Returns the share of an example of an undivided set. */
    public static Share of(byte[]... contents) {
        CRC32 hash = new CRC32();
        for (byte[] content : contents) {
            hash.update(content);
        }
        return switch ((int) (hash.getValue() % TENTHS)) {
            case 0 -> VALIDATION;
            case 1, 2 -> TEST;
            default -> TRAINING;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
