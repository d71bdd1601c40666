package dev.tram.experiments;

import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** What updates the weights with a method's gradient. */
public enum BaseOptimizer {
    /** Adam with the paper's β of 0.9 and 0.99. */
    ADAM,
    /** Stochastic gradient descent without momentum. */
    SGD;

    @Override
    @JsonValue
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns this optimizer, or the one that a method is by its name. */
    BaseOptimizer of(String method) {
        return Arrays.stream(values())
                .filter(base -> base.toString().equals(method))
                .findFirst()
                .orElse(this);
    }

    Optimizer build(Tracker learningRate) {
        return switch (this) {
            case ADAM ->
                    Optimizer.adam()
                            .optLearningRateTracker(learningRate)
                            .optBeta1(0.9f)
                            .optBeta2(0.99f)
                            .build();
            case SGD -> Optimizer.sgd().setLearningRateTracker(learningRate).build();
        };
    }
}
