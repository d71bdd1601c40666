package dev.tram.experiments.diagnostics;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.StartingModel;
import dev.tram.experiments.statistics.MethodGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One target of an experiment that was run before. */
public record RunDirectory(ExperimentDirectory files, ExperimentConfig config, Results results) {

    /**
     * Opens an experiment.
     *
     * @param name what the directory is called in messages
     * @return its targets that have finished runs, at least one
     * @throws IllegalArgumentException if it is not a directory of an experiment, or nothing is
     *     finished
     */
    public static List<RunDirectory> open(String name, Path root) throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(root);
        if (!Files.isRegularFile(files.config())) {
            throw Arguments.rejected(
                    name, "the directory of an experiment, with a config.json", root);
        }
        List<RunDirectory> targets = new ArrayList<>();
        ExperimentConfig whole = Json.read(files.config(), ExperimentConfig.class);
        for (ExperimentDirectory target : targets(files, whole)) {
            if (Files.isRegularFile(target.results()) && Files.isRegularFile(target.config())) {
                Results results = Json.read(target.results(), Results.class);
                if (!results.methods().isEmpty()) {
                    ExperimentConfig config = Json.read(target.config(), ExperimentConfig.class);
                    targets.add(new RunDirectory(target, config, results));
                }
            }
        }
        if (targets.isEmpty()) {
            throw Arguments.rejected(name, "an experiment with a finished run", root);
        }
        return targets;
    }

    private static List<ExperimentDirectory> targets(
            ExperimentDirectory files, ExperimentConfig config) {
        return config.target().contains(",") && !Files.isDirectory(files.root().resolve("models"))
                ? Stream.of(config.target().split(",", -1)).map(files::target).toList()
                : List.of(files);
    }

    /**
     * Returns the pretrained model that the runs began with.
     *
     * @return its Hugging Face directory
     * @throws IllegalArgumentException if it is not known, gone, or another one by now
     */
    public Path pretrained() throws IOException {
        Optional<StartingModel> recorded = files.readPretrained();
        if (recorded.isEmpty()) {
            throw Arguments.rejected(
                    "--run",
                    "an experiment that recorded the model that its runs began with",
                    files.root() + ", which has no " + files.pretrained().getFileName());
        }
        return recorded.get().locate();
    }

    String target() {
        return config.target();
    }

    /**
     * Returns the finished runs.
     *
     * @param methods the methods, or null for all
     * @param seeds the largest number of seeds of each
     * @throws IllegalArgumentException if a method has no finished run, or a model is gone
     */
    List<RunKey> runs(List<String> methods, int seeds) {
        List<String> trained = new ArrayList<>(results.methods().keySet());
        trained.remove(MethodGroup.ZERO_SHOT);
        List<String> chosen = methods == null ? trained : methods;
        List<RunKey> runs = new ArrayList<>();
        for (String method : chosen) {
            if (!trained.contains(method)) {
                throw Arguments.rejected("--methods", "of " + String.join(", ", trained), method);
            }
            Results.MethodResults found = results.methods().get(method);
            found.runs().stream().limit(seeds).forEach(r -> runs.add(new RunKey(method, r.seed())));
        }
        for (RunKey run : runs) {
            if (!Files.isDirectory(files.model(run))) {
                String missing = files.model(run) + " missing";
                throw Arguments.rejected("--run", "an experiment with its trained models", missing);
            }
        }
        return runs;
    }
}
