package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.examples.checkpoint.Shipped;
import dev.tram.examples.pretraining.Pretraining;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.report.ResumeHint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tram pretrain}. */
@Command(name = "pretrain", mixinStandardHelpOptions = true)
final class PretrainCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "NAME", descriptionKey = "NAME")
    private String name;

    @Option(names = "--out", required = true, paramLabel = "DIR")
    private Path out;

    @Option(names = "--steps", paramLabel = "N")
    private Integer steps;

    @Option(names = "--method", paramLabel = "NAME")
    private String method;

    @Option(names = "--seed", paramLabel = "N")
    private Integer seed;

    @Option(names = "--without", paramLabel = "DOMAIN")
    private String without;

    @Option(names = "--device", paramLabel = "NAME")
    private String device;

    @SuppressWarnings("UnusedVariable") // its option acts
    @Mixin
    private LimitOptions limits;

    @Override
    public Integer call() throws IOException {
        if (Shipped.named(name).isEmpty()) {
            throw Arguments.rejected("NAME", "emoji-vit, declaration-encoder or sotu-gpt2", name);
        }
        ExperimentDirectory files = new ExperimentDirectory(out);
        ExperimentConfig config = config();
        ExperimentOptions.checkDevices(config.device(), config.protocol().batch());
        if (!Files.exists(files.config())) {
            Output.checkDirectory(out, "empty or new, or one of tram pretrain " + name);
        } else if (!Json.read(files.config(), ExperimentConfig.class).equals(config)) {
            throw Arguments.rejected("--out", "a directory of the same command", out);
        }
        files.begin(config, "tram pretrain " + name);
        Path model;
        try (ResumeHint hint = new ResumeHint(Tram.given(spec))) {
            model = new Pretraining(config).run(out, System.out);
        }
        spec.commandLine().getOut().println("Model: " + model);
        return 0;
    }

    private ExperimentConfig config() {
        ObjectNode json = ExperimentConfig.preset(name);
        ObjectNode inputs = (ObjectNode) json.get("inputs");
        if (steps != null) {
            json.put("warmup", json.get("warmup").asInt() * steps / json.get("steps").asInt());
            json.put("steps", steps);
        }
        if (method != null) {
            json.putArray("methods").add(method);
        }
        if (device != null) {
            json.put("device", device);
        }
        if (seed != null) {
            if (Arguments.atLeast("--seed", seed, 0) > 0) {
                inputs.put(Pretraining.SEED, seed.toString());
            }
        }
        if (without != null) {
            if (!inputs.has(Pretraining.LEFT_OUT)) {
                throw Arguments.rejected("--without", "absent for " + name, without);
            }
            inputs.put(Pretraining.LEFT_OUT, without);
        }
        return ExperimentConfig.of(json, "the options");
    }
}
