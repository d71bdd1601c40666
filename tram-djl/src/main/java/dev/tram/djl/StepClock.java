package dev.tram.djl;

import ai.djl.metric.Metrics;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * How long the host spent in the phases of a step. The times go to DJL's metrics in nanoseconds, as
 * DJL's own {@code forward}, {@code backward} and {@code step} do.
 */
final class StepClock {

    enum Phase {
        /** d: its forward passes and the divergence. */
        DISTANCE,
        /** The gradient's moments, the copy of θ and θ + ε*. */
        ASCENT,
        /** θ again. */
        RESTORE
    }

    private final Map<Phase, Long> nanoseconds = new EnumMap<>(Phase.class);

    <T> T time(Phase phase, Supplier<T> work) {
        long start = System.nanoTime();
        try {
            return work.get();
        } finally {
            nanoseconds.merge(phase, System.nanoTime() - start, Long::sum);
        }
    }

    void run(Phase phase, Runnable work) {
        time(
                phase,
                () -> {
                    work.run();
                    return null;
                });
    }

    /** Adds the times since the last call to the metrics, if there are any. */
    void report(Metrics metrics) {
        if (metrics != null) {
            nanoseconds.forEach((phase, time) -> metrics.addMetric(nameOf(phase), time));
        }
        nanoseconds.clear();
    }

    private static String nameOf(Phase phase) {
        return "tram_" + phase.name().toLowerCase(Locale.ROOT) + "_time";
    }
}
