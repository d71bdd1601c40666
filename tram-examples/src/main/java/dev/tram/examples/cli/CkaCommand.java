package dev.tram.examples.cli;

import dev.tram.experiments.diagnostics.CkaDiagnosis;
import picocli.CommandLine.Command;

/** {@code tram cka}: did fine-tuning keep the pretrained representations? */
@Command(name = "cka", mixinStandardHelpOptions = true)
final class CkaCommand extends DiagnosisCommand {

    @Override
    Measurement measurement() {
        return new CkaDiagnosis(diagnosis(Integer.MAX_VALUE))::run;
    }
}
