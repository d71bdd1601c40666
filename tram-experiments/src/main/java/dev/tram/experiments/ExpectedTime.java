package dev.tram.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.djl.Method;
import dev.tram.experiments.data.Bundled;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Properties;

/**
 * How long an experiment takes on two idle cores: as long as a preset was measured to take, by the
 * number of passes. Nothing is known of other data, models, batches or devices than a preset's.
 */
public final class ExpectedTime {

    /** A backward pass in forward passes. */
    private static final int BACKWARD = 2;

    private static final List<String> COMMON =
            List.of("inputs", "pretrained", "batch", "accumulation", "device", "precision");

    private static final Properties MEASURED =
            new Bundled(ExpectedTime.class, "minutes.properties").properties();

    private ExpectedTime() {}

    /** Returns the minutes that an experiment takes, or empty if no measured preset is like it. */
    public static OptionalDouble minutes(ExperimentConfig config) {
        return ExperimentConfig.presets(config.experiment()).stream()
                .map(preset -> config.experiment() + "-" + preset)
                .filter(MEASURED::containsKey)
                .filter(preset -> isLike(config, preset(preset)))
                .mapToDouble(preset -> minutes(preset) * work(config) / work(preset(preset)))
                .findFirst();
    }

    private static ExperimentConfig preset(String name) {
        return ExperimentConfig.of(ExperimentConfig.preset(name), name);
    }

    private static double minutes(String preset) {
        return Double.parseDouble(MEASURED.getProperty(preset));
    }

    private static boolean isLike(ExperimentConfig config, ExperimentConfig preset) {
        JsonNode given = Json.MAPPER.valueToTree(config);
        JsonNode known = Json.MAPPER.valueToTree(preset);
        return COMMON.stream().allMatch(key -> given.get(key).equals(known.get(key)));
    }

    /** Passes over a batch, in forward passes. */
    private static double work(ExperimentConfig config) {
        int passes =
                config.methods().stream()
                        .map(config.settings()::method)
                        .map(Method::passes)
                        .mapToInt(each -> each.forward() + BACKWARD * each.backward())
                        .sum();
        int targets = config.target().split(",", -1).length;
        return (double) passes * targets * config.seeds() * config.protocol().steps();
    }
}
