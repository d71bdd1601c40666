package dev.tram.examples.cli;

import ai.djl.Device;
import dev.tram.examples.bench.Bench;
import dev.tram.examples.bench.BenchModel;
import dev.tram.examples.bench.BenchResult;
import dev.tram.experiments.Json;
import dev.tram.experiments.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram bench}: what a step of each method costs. */
@Command(name = "bench", mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "gpt2-tiny")
    private String model;

    @Option(names = "--batch", paramLabel = "N")
    private Integer batch;

    @Option(names = "--tokens", paramLabel = "N")
    private Integer tokens;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu")
    private String device;

    @Option(
            names = "--methods",
            paramLabel = "NAME,…",
            split = ",",
            defaultValue =
                    "djl-adam,adam,sam,asam,fisher-sam,tram-previous,tram-x,tram-pretrained,"
                            + "tram-fisher,tram-fisher-shared,tram-pretrained-cached,"
                            + "tram-previous-quarter,trpo,r3f,mesa")
    private List<String> methods;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "5")
    private int rounds;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "15")
    private int steps;

    @Option(names = "--memory")
    private boolean memory;

    @Option(names = "--json", paramLabel = "FILE")
    private Path json;

    @Override
    public Integer call() throws IOException {
        BenchModel sized = BenchModel.named(model).withSize(batch, tokens);
        ExperimentOptions.checkDevice(device);
        if (json != null) {
            Output.prepareFile("--json", json);
        }
        Bench bench = new Bench(sized, methods, Device.fromName(device), rounds, steps, memory);
        PrintStream out = System.out;
        BenchResult result = run(bench, out);
        out.printf(
                "%s, %,d parameters, %s, %s, %d rounds of %d steps%n%n%s",
                sized,
                result.parameters(),
                result.device(),
                result.engine(),
                rounds,
                steps,
                result.table());
        if (json != null) {
            Json.write(json, result);
        }
        return 0;
    }

    private static BenchResult run(Bench bench, PrintStream out) throws IOException {
        if (!Boolean.getBoolean("tram.terminal")) {
            return bench.run((what, done) -> {});
        }
        try (ProgressBar bar =
                Progress.bar("bench", bench.processes())
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
}
