package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.examples.diagnostics.RunDirectory;
import dev.tram.examples.diagnostics.Subject;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.task.domains.LanguageSubject;
import dev.tram.examples.task.emoji.VisionSubject;
import dev.tram.examples.task.imagefolder.ImageExperiment;
import dev.tram.examples.task.imagefolder.ImageSubject;
import dev.tram.examples.task.texttable.TextSubject;
import java.io.IOException;
import java.io.PrintStream;

/** What diagnostics see of an experiment, by the name of its command. */
final class Subjects {

    private Subjects() {}

    /**
     * Opens the subject of an experiment.
     *
     * @param run one target of the experiment
     * @param out where progress is printed
     * @throws IllegalArgumentException if experiments of this kind cannot be diagnosed, or the
     *     pretrained model that it needs is gone
     */
    static Subject open(RunDirectory run, PrintStream out) throws IOException {
        ExperimentConfig config = run.config();
        return switch (config.experiment()) {
            case "vit" ->
                    config.inputs().containsKey(ImageExperiment.DATA)
                            ? ImageSubject.open(run, out)
                            : VisionSubject.open(run);
            case "gpt2" -> LanguageSubject.open(run, out);
            case "text" -> TextSubject.open(run, out);
            case "xnli" -> TextSubject.openXnli(run, out);
            default ->
                    throw Arguments.rejected(
                            "--run",
                            "an experiment of tram vit, gpt2, text or xnli",
                            "one of tram " + config.experiment());
        };
    }
}
