package dev.tram.examples.doctor;

import ai.djl.Device;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.tram.core.Ascent;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import dev.tram.djl.TramOptimizer;
import dev.tram.experiments.Json;
import dev.tram.experiments.data.Bundled;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Ten methods, each training a small network for six steps on a device, against parameters that
 * were computed in float64 by another program.
 */
final class Trajectories {

    /** What the other program was given, and the parameters by method that it came to. */
    @JsonIgnoreProperties("origin")
    private record Reference(
            List<float[]> initial,
            List<Map<String, float[]>> batches,
            Map<String, List<float[]>> parameters) {}

    private final Reference reference =
            new Bundled(Trajectories.class, "trajectories.json")
                    .read(stream -> Json.MAPPER.readValue(stream, Reference.class));

    private final Device device;

    Trajectories(Device device) {
        this.device = device;
    }

    Set<String> methods() {
        return reference.parameters().keySet();
    }

    private static TramOptimizer.Builder builder(String method) {
        TrustRegion previous = TrustRegion.previousStep();
        TrustRegion average = TrustRegion.movingAverage(0.9f);
        TramOptimizer.Builder builder = TramOptimizer.builder();
        return switch (method) {
            case "base" -> builder.optAscent(Ascent.none());
            case "sam" -> builder.optAscent(Ascent.sam(0.05f));
            case "asam" -> builder.optAscent(Ascent.asam(0.5f));
            case "fsam" -> builder.optAscent(Ascent.fisher(0.1f, 0.1f));
            case "trpo" -> penalty(builder.optAscent(Ascent.none()), previous);
            case "mesa_0.9" -> penalty(builder.optAscent(Ascent.none()), average);
            case "asam+trpo" -> penalty(builder.optAscent(Ascent.asam(0.5f)), previous);
            case "tram_previous" -> builder.optAscent(Ascent.tram(previous));
            case "tram_pretrained" -> builder.optAscent(Ascent.tram(TrustRegion.pretrained()));
            case "tram_ema_0.9" -> builder.optAscent(Ascent.tram(average));
            default -> throw new IllegalArgumentException(method);
        };
    }

    private static TramOptimizer.Builder penalty(
            TramOptimizer.Builder builder, TrustRegion region) {
        return builder.optPenalty(new TrustRegionPenalty(region, 0.1f));
    }

    /** Returns the largest difference of a parameter from the reference, after the last step. */
    double error(String method) {
        Optimizer adam =
                Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.01f))
                        .optBeta1(0.9f)
                        .optBeta2(0.99f)
                        .optEpsilon(1e-8f)
                        .build();
        TramOptimizer tram = builder(method).setBaseOptimizer(adam).build();
        try (Exercise exercise = new Exercise(tram, device, 0)) {
            exercise.setWeights(reference.initial());
            reference.batches().forEach(batch -> exercise.step(batch.get("x"), batch.get("y")));
            return Exercise.difference(exercise.weights(), reference.parameters().get(method));
        }
    }
}
