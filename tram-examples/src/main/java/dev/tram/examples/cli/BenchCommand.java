package dev.tram.examples.cli;

import ai.djl.Device;
import dev.tram.examples.bench.Bench;
import dev.tram.examples.bench.BenchModel;
import dev.tram.examples.bench.BenchResult;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.Progress;
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
@Command(
        name = "bench",
        description = {
            "Time a step of each method, and its peak memory, on random data.",
            "",
            "Each method runs in processes of its own, one per round, in turn. A ratio is a method's"
                    + " median time over that of djl-adam, the same program with DJL's Adam and"
                    + " without TRAM; load is how many processors other programs kept busy."
                    + " plain-adam is djl-adam on a GPT-2 written with DJL's plain array operations;"
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
                    "djl-adam,adam,sam,asam,fisher-sam,tram-previous,tram-x,tram-pretrained,"
                            + "tram-fisher,tram-fisher-shared,tram-pretrained-cached,"
                            + "tram-previous-quarter,trpo,r3f,mesa",
            description = "What to time, djl-adam among them (default: ${DEFAULT-VALUE}).")
    private List<String> methods;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Processes per method (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "15",
            description = "Timed steps per process (default: ${DEFAULT-VALUE}).")
    private int steps;

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
        if (json != null) {
            OutputFile.prepare("--json", json);
        }
        Bench bench = new Bench(sized, methods, Device.fromName(device), rounds, steps, memory);
        PrintStream out = System.out;
        BenchResult result =
                Boolean.getBoolean("tram.terminal") ? withBar(bench, out) : plain(bench);
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

    private static BenchResult withBar(Bench bench, PrintStream out) throws IOException {
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

    private static BenchResult plain(Bench bench) throws IOException {
        return bench.run((what, done) -> {});
    }
}
