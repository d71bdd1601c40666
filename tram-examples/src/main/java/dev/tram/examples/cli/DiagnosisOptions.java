package dev.tram.examples.cli;

import dev.tram.examples.diagnostics.Diagnosis;
import dev.tram.examples.diagnostics.Outcome;
import dev.tram.examples.diagnostics.RunDirectory;
import dev.tram.examples.experiment.ExperimentDirectory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that looks at an experiment's trained models. */
final class DiagnosisOptions {

    @Option(
            names = "--run",
            required = true,
            paramLabel = "DIR",
            description = "The directory of an experiment, such as tram vit writes.")
    private Path run;

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "A,B",
            description = "Methods to look at (default: all of the experiment).")
    private List<String> methods;

    @Option(
            names = "--examples",
            paramLabel = "N",
            defaultValue = "256",
            description = "The most held-out examples of each domain (default: 256).")
    private int examples;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "32",
            description = "Examples of a mini-batch (default: 32).")
    private int batch;

    @SuppressWarnings("UnusedVariable") // its option acts
    @Mixin
    private LimitOptions limits;

    Diagnosis diagnosis(int seeds) {
        return new Diagnosis(
                (run, out) -> Tasks.open(run.config(), run.pretrained(), out),
                methods,
                seeds,
                examples,
                batch);
    }

    List<RunDirectory> targets() throws IOException {
        return RunDirectory.open("--run", run);
    }

    Outcome outcome(PrintStream out) {
        return new Outcome(new ExperimentDirectory(run).report(), out);
    }
}
