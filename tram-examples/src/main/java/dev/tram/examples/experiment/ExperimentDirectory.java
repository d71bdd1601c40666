package dev.tram.examples.experiment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where an experiment's files lie: config.json, metrics/METHOD-SEED.jsonl, models/METHOD-SEED/,
 * samples/METHOD-SEED.json where measures are means, checkpoints/METHOD-SEED/ while a run is under
 * way, results.json and report.html.
 *
 * @param root the directory
 */
public record ExperimentDirectory(Path root) {

    /**
     * Returns config.json.
     *
     * @return the file
     */
    public Path config() {
        return root.resolve("config.json");
    }

    /**
     * Returns a run's metrics.
     *
     * @param key the run
     * @return a file with a line of JSON per step
     */
    public Path metrics(RunKey key) {
        return root.resolve("metrics").resolve(key + ".jsonl");
    }

    /**
     * Returns a run's trained model.
     *
     * @param key the run
     * @return a Hugging Face directory
     */
    public Path model(RunKey key) {
        return root.resolve("models").resolve(key.toString());
    }

    /**
     * Returns where a run under way is saved.
     *
     * @param key the run
     * @return a directory
     */
    public Path checkpoint(RunKey key) {
        return root.resolve("checkpoints").resolve(key.toString());
    }

    /**
     * Returns what a run's measures are means of.
     *
     * @param key the run
     * @return a file with an array per measure
     */
    public Path samples(RunKey key) {
        return root.resolve("samples").resolve(key + ".json");
    }

    /**
     * Returns results.json.
     *
     * @return the file
     */
    public Path results() {
        return root.resolve("results.json");
    }

    /**
     * Returns report.html.
     *
     * @return the file
     */
    public Path report() {
        return root.resolve("report.html");
    }

    /**
     * Returns the directory of one of several targets.
     *
     * @param target the target's name
     * @return a directory below this one
     */
    public ExperimentDirectory target(String target) {
        return new ExperimentDirectory(root.resolve(target));
    }

    /**
     * Reads the results so far.
     *
     * @param config the experiment
     * @return the results, empty if there are none yet
     * @throws IOException if they cannot be read
     */
    public Results readResults(ExperimentConfig config) throws IOException {
        return Files.exists(results())
                ? Json.MAPPER.readValue(results().toFile(), Results.class)
                : Results.none(config);
    }
}
