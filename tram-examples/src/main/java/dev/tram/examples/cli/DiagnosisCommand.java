package dev.tram.examples.cli;

import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.diagnostics.Diagnosis;
import dev.tram.experiments.diagnostics.Outcome;
import dev.tram.experiments.diagnostics.RunDirectory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that looks at an experiment's trained models. */
abstract class DiagnosisCommand implements Callable<Integer> {

    @Option(names = "--run", required = true, paramLabel = "DIR")
    private Path run;

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "A,B",
            descriptionKey = "diagnosis.methods")
    private List<String> methods;

    @Option(names = "--seeds", paramLabel = "N", descriptionKey = "diagnosis.seeds")
    private Integer seeds;

    @Option(names = "--examples", paramLabel = "N", defaultValue = "256")
    private int examples;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "32",
            descriptionKey = "diagnosis.batch")
    private int batch;

    @SuppressWarnings("UnusedVariable") // its option acts
    @Mixin
    private LimitOptions limits;

    /** Returns which models are looked at, of all seeds unless there is a usual number of them. */
    final Diagnosis diagnosis(int usualSeeds) {
        return new Diagnosis(
                (run, out) -> Tasks.open(run.config(), run.pretrained(), out),
                methods,
                Objects.requireNonNullElse(seeds, usualSeeds),
                examples,
                batch);
    }

    /** What is found out of the models. */
    @FunctionalInterface
    interface Measurement {

        void run(List<RunDirectory> targets, Outcome report, PrintStream out)
                throws IOException, InterruptedException;
    }

    abstract Measurement measurement();

    @Override
    public final Integer call() throws IOException, InterruptedException {
        PrintStream out = System.out;
        Outcome report = new Outcome(new ExperimentDirectory(run).report(), out);
        measurement().run(RunDirectory.open("--run", run), report, out);
        return 0;
    }
}
