package dev.tram.examples.cli;

import dev.tram.experiments.diagnostics.SurfaceDiagnosis;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram surface}: what does the loss look like around the minima? */
@Command(name = "surface", mixinStandardHelpOptions = true)
final class SurfaceCommand extends DiagnosisCommand {

    @Option(names = "--radius", paramLabel = "X", defaultValue = "1")
    private float radius;

    @Option(names = "--line", paramLabel = "N", defaultValue = "21")
    private int line;

    @Option(names = "--plane", paramLabel = "N", defaultValue = "9")
    private int plane;

    @Override
    Measurement measurement() {
        return new SurfaceDiagnosis(diagnosis(1), radius, line, plane)::run;
    }
}
