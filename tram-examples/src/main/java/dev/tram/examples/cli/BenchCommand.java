package dev.tram.examples.cli;

import ai.djl.Device;
import dev.tram.examples.bench.Bench;
import dev.tram.examples.bench.BenchModel;
import dev.tram.examples.bench.BenchResult;
import dev.tram.examples.experiment.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram bench}: what a step of each method costs. */
@Command(
        name = "bench",
        description = {
            "Time a step of each method, and its peak memory, on random data.",
            "",
            "Each method trains a model of its own; in each round each makes one step. A ratio is a"
                    + " method's median time over adam's. djl-adam is Adam without TRAM,"
                    + " plain-adam the same on a GPT-2 written with DJL's plain array operations;"
                    + " METHOD-portable runs a method with plain array operations, attention"
                    + " included."
        },
        mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {

    @Option(
            names = "--model",
            paramLabel = "NAME",
            defaultValue = "gpt2-tiny",
            description =
                    "mlp, vit-tiny, gpt2-tiny, gpt2-mini or gpt2 (default: ${DEFAULT-VALUE}).")
    private String model;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Examples per step (default: the model's).")
    private Integer batch;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "Tokens per text (default: the model's).")
    private Integer tokens;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "cpu",
            description = "cpu or gpu0, gpu1, … (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(
            names = "--methods",
            paramLabel = "NAME,…",
            split = ",",
            defaultValue =
                    "adam,sam,asam,fisher-sam,tram-previous,tram-x,tram-pretrained,"
                            + "tram-fisher,tram-fisher-shared,tram-pretrained-cached,"
                            + "tram-previous-quarter,trpo,r3f,mesa",
            description = "What to time, adam among them (default: ${DEFAULT-VALUE}).")
    private List<String> methods;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "15",
            description = "Timed steps per method (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--memory",
            description = "Also measure the peak memory of each method, in a process of its own.")
    private boolean memory;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON too.")
    private Path json;

    @Override
    public Integer call() throws IOException {
        BenchModel sized = BenchModel.named(model).withSize(batch, tokens);
        ExperimentOptions.checkDevice(device);
        Bench bench = new Bench(sized, methods, Device.fromName(device), rounds, memory);
        if (json != null && json.toAbsolutePath().getParent() != null) {
            Files.createDirectories(json.toAbsolutePath().getParent());
        }
        PrintStream out = System.out;
        BenchResult result =
                Boolean.getBoolean("tram.terminal") ? withBar(bench, out) : plain(bench);
        out.printf(
                "%s, %,d parameters, %s, %s, %d rounds%n%n%s",
                sized,
                result.parameters(),
                result.device(),
                result.engine(),
                rounds,
                result.table());
        if (json != null) {
            Json.write(json, result);
        }
        return 0;
    }

    private static BenchResult withBar(Bench bench, PrintStream out) throws IOException {
        try (ProgressBar bar =
                new ProgressBarBuilder()
                        .setTaskName("bench")
                        .setInitialMax(bench.steps())
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(200)
                        .setConsumer(new ConsoleProgressBarConsumer(out))
                        .build()) {
            return bench.run(
                    (what, done) -> {
                        bar.setExtraMessage(what);
                        bar.stepTo(done);
                    });
        }
    }

    private static BenchResult plain(Bench bench) throws IOException {
        return bench.run((what, done) -> {});
    }
}
