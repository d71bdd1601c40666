package dev.tram.experiments;

import ai.djl.Device;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.experiments.data.Bundled;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What an experiment runs: the content of config.json.
 *
 * @param inputs what else is read, and how: values of the command's own options by their names
 * @param device the device, such as cpu or gpu0, or several, such as gpu0,gpu1
 * @param methods the methods' names, or variants such as {@code sam@rho=0.1}
 * @param seeds the number of seeds; the seeds are 0, 1, …
 * @param pretrained which pretrained model the runs start from
 * @param settings hyper-parameters that replace the methods' own
 */
public record ExperimentConfig(
        String experiment,
        String target,
        Map<String, String> inputs,
        String device,
        List<String> methods,
        int seeds,
        String pretrained,
        @JsonUnwrapped Protocol protocol,
        @JsonUnwrapped MethodSettings settings) {

    /** More than anybody has time for. */
    private static final int MOST_SEEDS = 10_000;

    private static final String SAM_ON = "sam-on";

    /** The experiments whose training labels can be few or wrong. */
    private static final List<String> LABELLED = List.of("vit", "text");

    public ExperimentConfig {
        if (experiment == null || target == null || device == null || settings == null) {
            throw Arguments.rejected(
                    "config.json", "with experiment, target and device", "null for one of them");
        }
        inputs = Collections.unmodifiableSortedMap(new TreeMap<>(inputs));
        methods = List.copyOf(methods);
        Arguments.atLeast("the number of methods", methods.size(), 1);
        if (methods.stream().distinct().count() < methods.size()) {
            throw Arguments.rejected("the methods", "different from each other", methods);
        }
        methods.forEach(settings::method);
        int steps = protocol.steps();
        methods.forEach(method -> MethodVariant.of(method).weights().average(steps));
        if (Arguments.atLeast("seeds", seeds, 1) > MOST_SEEDS) {
            throw Arguments.rejected("seeds", "an integer <= " + MOST_SEEDS, seeds);
        }
        methods.forEach(method -> requireTrained(method, protocol));
        LabelSettings labels = LabelSettings.of(inputs);
        if (!labels.equals(LabelSettings.ALL) && !LABELLED.contains(experiment)) {
            throw Arguments.rejected(
                    "inputs",
                    "without %s where the experiment is neither %s"
                            .formatted(
                                    String.join(", ", LabelSettings.KEYS),
                                    String.join(" nor ", LABELLED)),
                    inputs);
        }
        methods.forEach(method -> requireLabels(method, labels));
    }

    private static void requireLabels(String method, LabelSettings labels) {
        if (MethodVariant.of(method).weights().areChosenByNoisyLabels() && labels.noise() == 0) {
            throw Arguments.rejected(
                    "--methods",
                    "without best-noisy where no labels are wrong (--%s above 0 makes some wrong)"
                            .formatted(LabelSettings.NOISE),
                    method);
        }
    }

    /** Returns the runs of a target: every method with one seed after the other. */
    public List<RunKey> runs() {
        return IntStream.range(0, seeds)
                .boxed()
                .flatMap(seed -> methods.stream().map(method -> new RunKey(method, seed)))
                .toList();
    }

    /** Returns whether a method's model is the one with the best validation figure. */
    public boolean stopsEarly(String method) {
        return MethodVariant.of(method).weights().areBest();
    }

    /**
     * Refuses what cannot be done with a model.
     *
     * @throws IllegalArgumentException if the model lacks a part that {@code --lora} names, or a
     *     method keeps the pretrained model's outputs though dropout changes them
     */
    public void requireFit(ModelConfig model) {
        float dropout = model.dropout();
        if (protocol.lora() != null) {
            protocol.lora().requireFit(model);
            dropout = Math.max(dropout, protocol.lora().dropout());
        }
        for (String name : methods) {
            if (dropout > 0 && settings.method(name).cachesPretrained()) {
                throw Arguments.rejected(
                        "--methods",
                        "without cached outputs where there is dropout (here "
                                + dropout
                                + "), as its masks change them, such as tram-pretrained",
                        name);
            }
        }
    }

    /** Adapters freeze what SAM-ON ascends in, and have no start to interpolate from. */
    private static void requireTrained(String method, Protocol protocol) {
        MethodVariant variant = MethodVariant.of(method);
        boolean needsAll =
                variant.method().equals(SAM_ON) || variant.weights().interpolation().isPresent();
        if (protocol.lora() != null && needsAll) {
            throw Arguments.rejected(
                    "--methods",
                    "others than " + SAM_ON + " and interpolations with --lora",
                    method);
        }
    }

    /** Reads the JSON of a configuration that comes with the examples, such as vit-small. */
    public static ObjectNode preset(String name) {
        return new Bundled(ExperimentConfig.class, "presets/" + name + ".json")
                .read(stream -> Json.MAPPER.readValue(stream, ObjectNode.class));
    }

    /** Returns what {@code --preset} can be for a command, the default first. */
    public static List<String> presets(String command) {
        return Stream.of("small", "full", "paper")
                .filter(
                        name ->
                                ExperimentConfig.class.getResource(
                                                "presets/" + command + "-" + name + ".json")
                                        != null)
                .toList();
    }

    /**
     * Makes a configuration of JSON.
     *
     * @throws IllegalArgumentException if a value is rejected
     */
    public static ExperimentConfig of(JsonNode json, String source) {
        try {
            return Json.MAPPER.treeToValue(json, ExperimentConfig.class);
        } catch (JsonProcessingException e) {
            if (e.getCause() instanceof IllegalArgumentException rejected) {
                throw rejected;
            }
            throw Arguments.rejected(source, "an experiment's config.json", e.getOriginalMessage());
        }
    }

    /** Returns this configuration with another value of a key of config.json. */
    public ExperimentConfig with(String key, Object value) {
        ObjectNode json = Json.MAPPER.valueToTree(this);
        json.set(key, Json.MAPPER.valueToTree(value));
        return of(json, key);
    }

    /** Returns the device that holds what is not shared, the first of several. */
    public Device toDevice() {
        return toDevices()[0];
    }

    /** Returns the devices, at least one, each of which trains on its part of every batch. */
    public Device[] toDevices() {
        return Arrays.stream(device.split(",", -1)).map(Device::fromName).toArray(Device[]::new);
    }
}
