package dev.tram.djl.transformers.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import java.util.Arrays;
import java.util.Locale;

/** What the logits of a classification head mean: {@code problem_type} of config.json. */
public enum ProblemType {
    /** Each logit is a number that is predicted. */
    REGRESSION,

    /** Exactly one class is right: its probability is the softmax of the logits. */
    SINGLE_LABEL_CLASSIFICATION,

    /** Any number of classes may be right: each has the sigmoid of its logit as its probability. */
    MULTI_LABEL_CLASSIFICATION;

    private static final String KEY = "problem_type";

    /** Reads the key; where there is none, a single label is a number. */
    static ProblemType of(ObjectNode config, int labels) {
        JsonNode stored = config.path(KEY);
        if (stored.isMissingNode() || stored.isNull()) {
            return labels == 1 ? REGRESSION : SINGLE_LABEL_CLASSIFICATION;
        }
        return Arrays.stream(values())
                .filter(type -> type.key().equals(stored.asText()))
                .findFirst()
                .orElseThrow(
                        () ->
                                Arguments.rejected(
                                        KEY + " in config.json",
                                        "among "
                                                + Arrays.stream(values())
                                                        .map(ProblemType::key)
                                                        .toList(),
                                        stored));
    }

    private String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
