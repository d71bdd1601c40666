package dev.tram.examples.doctor;

import ai.djl.Device;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.Ascent;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import dev.tram.djl.TramOptimizer;
import dev.tram.experiments.Json;
import dev.tram.experiments.data.Bundled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Ten methods, each training a small network for six steps on a device, against parameters that
 * were computed in float64 by another program.
 */
final class Trajectories {

    private final JsonNode reference;
    private final Device device;

    Trajectories(Device device) {
        this.device = device;
        reference =
                new Bundled(Trajectories.class, "trajectories.json").read(Json.MAPPER::readTree);
    }

    List<String> methods() {
        List<String> names = new ArrayList<>();
        reference.get("parameters").fieldNames().forEachRemaining(names::add);
        return names;
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
    double error(String method) throws IOException {
        Optimizer adam =
                Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.01f))
                        .optBeta1(0.9f)
                        .optBeta2(0.99f)
                        .optEpsilon(1e-8f)
                        .build();
        TramOptimizer tram = builder(method).setBaseOptimizer(adam).build();
        try (Exercise exercise = new Exercise(tram, device, 0)) {
            exercise.setWeights(List.of(read(reference.get("initial"), float[][].class)));
            for (JsonNode batch : reference.get("batches")) {
                exercise.step(
                        read(batch.get("x"), float[].class), read(batch.get("y"), float[].class));
            }
            JsonNode expected = reference.get("parameters").get(method);
            return Exercise.difference(
                    exercise.weights(), List.of(read(expected, float[][].class)));
        }
    }

    private static <T> T read(JsonNode values, Class<T> type) throws IOException {
        return Json.MAPPER.treeToValue(values, type);
    }
}
