package dev.tram.experiments;

import ai.djl.training.tracker.PolynomialDecayTracker;
import ai.djl.training.tracker.Tracker;
import ai.djl.training.tracker.WarmUpTracker;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How the learning rate goes from its peak to 0 after the warm-up. */
public enum Schedule {
    /** It stays. */
    CONSTANT,
    /** By half a period of a cosine. */
    COSINE,
    /** By a line. */
    LINEAR;

    @Override
    @JsonValue
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the learning rate per update, counted from 1; it would be 0 at the update after the
     * last.
     *
     * @param warmup over how many updates it rises from 0 in a line, less than all
     * @param updates the number of all updates
     */
    Tracker tracker(float peak, int warmup, int updates) {
        Tracker decay = decay(peak, updates + 1 - warmup);
        return warmup == 0
                ? decay
                : Tracker.warmUp()
                        .setMainTracker(decay)
                        .optWarmUpBeginValue(0)
                        .optWarmUpSteps(warmup)
                        .optWarmUpMode(WarmUpTracker.Mode.LINEAR)
                        .build();
    }

    private Tracker decay(float peak, int updates) {
        return switch (this) {
            case CONSTANT -> Tracker.fixed(peak);
            case COSINE ->
                    Tracker.cosine()
                            .setBaseValue(peak)
                            .optFinalValue(0)
                            .setMaxUpdates(updates)
                            .build();
            case LINEAR ->
                    PolynomialDecayTracker.builder()
                            .setBaseValue(peak)
                            .setEndLearningRate(0)
                            .setDecaySteps(updates)
                            .optPower(1)
                            .build();
        };
    }
}
