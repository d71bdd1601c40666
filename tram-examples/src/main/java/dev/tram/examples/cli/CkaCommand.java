package dev.tram.examples.cli;

import dev.tram.examples.diagnostics.CkaDiagnosis;
import java.io.IOException;
import java.io.PrintStream;
import picocli.CommandLine.Command;

/** {@code tram cka}: did fine-tuning keep the pretrained representations? */
@Command(
        name = "cka",
        description = {
            "Measure how much of the pretrained representations fine-tuning kept.",
            "",
            "For each method and seed: linear CKA between the features before the head of the"
                    + " pretrained and of the fine-tuned model, on held-out data of the target and"
                    + " of the other domains. Writes cka.json and cka.csv beside results.json, and"
                    + " adds a table and a picture to report.html."
        },
        mixinStandardHelpOptions = true)
final class CkaCommand extends DiagnosisCommand {

    @Override
    public Integer call() throws IOException, InterruptedException {
        CkaDiagnosis diagnosis = new CkaDiagnosis(diagnosis(Integer.MAX_VALUE));
        PrintStream terminal = System.out;
        diagnosis.run(targets(), outcome(terminal), terminal);
        return 0;
    }
}
