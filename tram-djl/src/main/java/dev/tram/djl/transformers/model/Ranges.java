package dev.tram.djl.transformers.model;

import dev.tram.core.internal.Arguments;
import java.util.List;

/** The ranges that the configurations of all families require of their settings. */
final class Ranges {

    /** Far above any model, and several times it is still an int. */
    private static final int WIDEST = 1 << 20;

    private Ranges() {}

    /** Requires the width of a token: at least 1, and so that sizes made of it do not overflow. */
    static void width(String key, int width) {
        Arguments.atLeast(key, width, 1);
        if (width > WIDEST) {
            throw Arguments.rejected(key, "an integer from 1 to " + WIDEST, width);
        }
    }

    /** Requires a probability of dropping a value: all of them would leave nothing. */
    static void dropout(String key, float rate) {
        if (!(rate >= 0 && rate < 1)) {
            throw Arguments.rejected(key, "at least 0 and less than 1", rate);
        }
    }

    /** Requires one class at least. */
    static List<String> labels(List<String> labels) {
        if (labels.isEmpty()) {
            throw Arguments.rejected("labels", "at least one", labels);
        }
        return List.copyOf(labels);
    }
}
