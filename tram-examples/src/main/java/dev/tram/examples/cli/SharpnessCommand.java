package dev.tram.examples.cli;

import dev.tram.examples.diagnostics.SharpnessDiagnosis;
import java.io.IOException;
import java.io.PrintStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram sharpness}: are the minima that the methods found flat? */
@Command(
        name = "sharpness",
        description = {
            "Measure how flat the minima of an experiment are.",
            "",
            "For each method and seed: ε-sharpness, by how many percent the loss can rise in a"
                    + " small box around the weights, on held-out data of the target and of the"
                    + " other domains. Writes sharpness.json and sharpness.csv beside results.json,"
                    + " and adds a table and a picture to report.html."
        },
        mixinStandardHelpOptions = true)
final class SharpnessCommand extends DiagnosisCommand {

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "20",
            description = "Steps of the ascent, of 4 mini-batches each (default: 20).")
    private int steps;

    @Option(
            names = "--epsilon",
            paramLabel = "X",
            defaultValue = "1e-5",
            description = "The size of the box (default: 0.00001).")
    private float epsilon;

    @Option(
            names = "--hessian",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Also the Hessian's largest eigenvalue and trace, by at most N Hessian-vector"
                            + " products each (default: 0, neither).")
    private int hessian;

    @Override
    public Integer call() throws IOException, InterruptedException {
        SharpnessDiagnosis diagnosis =
                new SharpnessDiagnosis(diagnosis(Integer.MAX_VALUE), steps, epsilon, hessian);
        PrintStream terminal = System.out;
        diagnosis.run(targets(), outcome(terminal), terminal);
        return 0;
    }
}
