package dev.tram.examples.cli;

import dev.tram.experiments.diagnostics.SharpnessDiagnosis;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram sharpness}: are the minima that the methods found flat? */
@Command(name = "sharpness", mixinStandardHelpOptions = true)
final class SharpnessCommand extends DiagnosisCommand {

    @Option(names = "--steps", paramLabel = "N", defaultValue = "20")
    private int steps;

    @Option(names = "--epsilon", paramLabel = "X", defaultValue = "1e-5")
    private float epsilon;

    @Option(names = "--hessian", paramLabel = "N", defaultValue = "0")
    private int hessian;

    @Override
    Measurement measurement() {
        return new SharpnessDiagnosis(diagnosis(Integer.MAX_VALUE), steps, epsilon, hessian)::run;
    }
}
