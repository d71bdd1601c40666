package dev.tram.examples.cli;

import dev.tram.experiments.diagnostics.CkaDiagnosis;
import java.io.IOException;
import java.io.PrintStream;
import picocli.CommandLine.Command;

/** {@code tram cka}: did fine-tuning keep the pretrained representations? */
@Command(name = "cka", mixinStandardHelpOptions = true)
final class CkaCommand extends DiagnosisCommand {

    @Override
    public Integer call() throws IOException, InterruptedException {
        CkaDiagnosis diagnosis = new CkaDiagnosis(diagnosis(Integer.MAX_VALUE));
        PrintStream terminal = System.out;
        diagnosis.run(targets(), outcome(terminal), terminal);
        return 0;
    }
}
