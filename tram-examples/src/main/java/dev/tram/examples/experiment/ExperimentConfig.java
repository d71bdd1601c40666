package dev.tram.examples.experiment;

import ai.djl.Device;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.tram.core.Arguments;
import java.util.List;

/**
 * What an experiment runs: the content of config.json.
 *
 * @param experiment the experiment's name
 * @param target the target's name
 * @param device the device, such as cpu or gpu0
 * @param methods the methods' names
 * @param seeds the number of seeds; the seeds are 0, 1, …
 * @param steps the number of updates of a run
 * @param batch the number of examples of an update
 * @param learningRate the learning rate at the first update; it falls to 0 by a cosine
 * @param saveEvery after how many steps a run is saved, 0 for never
 * @param pretrained which pretrained model the runs start from
 * @param settings hyper-parameters that replace the methods' own
 */
public record ExperimentConfig(
        String experiment,
        String target,
        String device,
        List<String> methods,
        int seeds,
        int steps,
        int batch,
        float learningRate,
        int saveEvery,
        String pretrained,
        @JsonUnwrapped MethodSettings settings) {

    /** Checks all values. */
    public ExperimentConfig {
        methods = List.copyOf(methods);
        Arguments.atLeast("the number of methods", methods.size(), 1);
        if (methods.stream().distinct().count() < methods.size()) {
            throw Arguments.rejected("the methods", "different from each other", methods);
        }
        methods.forEach(settings::method);
        Arguments.atLeast("seeds", seeds, 1);
        Arguments.atLeast("steps", steps, 1);
        Arguments.atLeast("batch", batch, 1);
        Arguments.positive("lr", learningRate);
        Arguments.atLeast("save-every", saveEvery, 0);
    }

    /**
     * Returns this configuration for one of its targets.
     *
     * @param name the target's name
     * @return the configuration
     */
    public ExperimentConfig withTarget(String name) {
        return new ExperimentConfig(
                experiment,
                name,
                device,
                methods,
                seeds,
                steps,
                batch,
                learningRate,
                saveEvery,
                pretrained,
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
