package dev.tram.examples.cli;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Json;
import dev.tram.experiments.LocalSgd;
import dev.tram.experiments.LocalTraining;
import dev.tram.experiments.RunKey;
import java.io.IOException;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * A cell as machines train it that have the same software, and the same files at the same paths.
 *
 * @param threads how many threads an operation may take
 * @param properties the system properties by which DJL is set
 */
record CellTraining(String config, int threads, RunKey key, Map<String, String> properties)
        implements LocalTraining {

    private static final long serialVersionUID = 1;

    static CellTraining of(ExperimentConfig config, int threads, RunKey key) throws IOException {
        Properties all = System.getProperties();
        Map<String, String> ofDjl =
                all.stringPropertyNames().stream()
                        .filter(name -> name.startsWith("ai.djl."))
                        .collect(Collectors.toMap(name -> name, all::getProperty));
        return new CellTraining(Json.MAPPER.writeValueAsString(config), threads, key, ofDjl);
    }

    @Override
    public LocalTraining.Worker open() throws IOException {
        properties.forEach(System::setProperty);
        ExperimentConfig read = ExperimentConfig.of(Json.MAPPER.readTree(config), "the cell");
        return LocalSgd.worker(new GridExperiments().open(read, threads), read, key);
    }
}
