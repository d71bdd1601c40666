package dev.tram.examples.cli;

import dev.tram.examples.diagnostics.SurfaceDiagnosis;
import java.io.IOException;
import java.io.PrintStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram surface}: what does the loss look like around the minima? */
@Command(
        name = "surface",
        description = {
            "Draw the loss around the minima of an experiment.",
            "",
            "For each method: the loss on held-out data of the target along a random"
                    + " filter-normalised direction and on the plane of two, the same for all"
                    + " methods. Writes surface.json and surface.csv beside results.json, and adds"
                    + " the pictures to report.html."
        },
        mixinStandardHelpOptions = true)
final class SurfaceCommand extends DiagnosisCommand {

    @Option(
            names = "--radius",
            paramLabel = "X",
            defaultValue = "1",
            description = "How far to go to each side, in filter norms (default: 1).")
    private float radius;

    @Option(
            names = "--line",
            paramLabel = "N",
            defaultValue = "21",
            description = "Points of the line (default: 21).")
    private int line;

    @Option(
            names = "--plane",
            paramLabel = "N",
            defaultValue = "9",
            description = "Points of each side of the plane (default: 9).")
    private int plane;

    @Override
    public Integer call() throws IOException, InterruptedException {
        SurfaceDiagnosis diagnosis = new SurfaceDiagnosis(diagnosis(1), radius, line, plane);
        PrintStream terminal = System.out;
        diagnosis.run(targets(), outcome(terminal), terminal);
        return 0;
    }
}
