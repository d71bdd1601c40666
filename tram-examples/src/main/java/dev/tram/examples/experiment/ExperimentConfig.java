package dev.tram.examples.experiment;

import ai.djl.Device;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.tram.core.internal.Arguments;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an experiment runs: the content of config.json.
 *
 * @param experiment the experiment's name
 * @param target the target's name
 * @param inputs what else is read, and how: values of the command's own options by their names
 * @param device the device, such as cpu or gpu0
 * @param methods the methods' names, or variants such as {@code sam@rho=0.1}
 * @param seeds the number of seeds; the seeds are 0, 1, …
 * @param pretrained which pretrained model the runs start from
 * @param protocol how a run is trained
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

    /** Checks all values. */
    public ExperimentConfig {
        inputs = Collections.unmodifiableSortedMap(new TreeMap<>(inputs));
        methods = List.copyOf(methods);
        Arguments.atLeast("the number of methods", methods.size(), 1);
        if (methods.stream().distinct().count() < methods.size()) {
            throw Arguments.rejected("the methods", "different from each other", methods);
        }
        methods.forEach(settings::method);
        Arguments.atLeast("seeds", seeds, 1);
    }

    /**
     * Returns this configuration for one of its targets.
     *
     * @param name the target's name
     * @return the configuration
     */
    public ExperimentConfig withTarget(String name) {
        return withInputs(name, inputs, pretrained);
    }

    /**
     * Returns this configuration on other data or from another model.
     *
     * @param newTarget the target's name
     * @param newInputs what the experiment reads
     * @param newPretrained which pretrained model the runs start from
     * @return the configuration
     */
    public ExperimentConfig withInputs(
            String newTarget, Map<String, String> newInputs, String newPretrained) {
        return new ExperimentConfig(
                experiment,
                newTarget,
                newInputs,
                device,
                methods,
                seeds,
                newPretrained,
                protocol,
                settings);
    }

    /**
     * Returns this configuration with runs that are saved.
     *
     * @param updates after how many updates a run is saved, 0 for never
     * @return the configuration
     */
    public ExperimentConfig withSaveEvery(int updates) {
        return new ExperimentConfig(
                experiment,
                target,
                inputs,
                device,
                methods,
                seeds,
                pretrained,
                protocol.withSaveEvery(updates),
                settings);
    }

    /**
     * Returns the device.
     *
     * @return the device
     */
    public Device toDevice() {
        return Device.fromName(device);
    }
}
