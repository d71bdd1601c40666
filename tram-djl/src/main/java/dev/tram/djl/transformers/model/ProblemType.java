package dev.tram.djl.transformers.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** What the logits of a classification head mean: {@code problem_type} of config.json. */
public enum ProblemType {
    /** Each logit is a number that is predicted. */
    REGRESSION,

    /** Exactly one class is right: its probability is the softmax of the logits. */
    SINGLE_LABEL_CLASSIFICATION,

    /** Any number of classes may be right: each has the sigmoid of its logit as its probability. */
    MULTI_LABEL_CLASSIFICATION;

    private static final String KEY = "problem_type";

    /** Writes the key. */
    void write(ObjectNode config) {
        config.put(KEY, key());
    }

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

    /**
     * Returns the prediction that an example's logits stand for.
     *
     * @param logits a logit per class
     * @return a probability per class, or of a regression the numbers themselves
     * @throws IllegalArgumentException if a logit is not finite, or exactly one class is right and
     *     there is only one
     */
    public double[] values(float... logits) {
        double[] values = new double[logits.length];
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(logits[i])) {
                throw Arguments.rejected("the logits", "finite", logits[i]);
            }
            values[i] = logits[i];
        }
        return switch (this) {
            case REGRESSION -> values;
            case MULTI_LABEL_CLASSIFICATION ->
                    DoubleStream.of(values).map(logit -> 1 / (1 + Math.exp(-logit))).toArray();
            case SINGLE_LABEL_CLASSIFICATION -> softmax(values);
        };
    }

    private static double[] softmax(double... logits) {
        if (logits.length == 1) {
            throw Arguments.rejected("the number of classes", "at least 2", 1);
        }
        double greatest = DoubleStream.of(logits).max().orElseThrow();
        double[] powers = DoubleStream.of(logits).map(x -> Math.exp(x - greatest)).toArray();
        double sum = DoubleStream.of(powers).sum();
        return DoubleStream.of(powers).map(power -> power / sum).toArray();
    }

    private String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
