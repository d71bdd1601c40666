package dev.tram.examples.cli;

import dev.tram.core.Arguments;
import dev.tram.examples.diagnostics.Subject;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.vision.VisionSubject;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Map;
import java.util.TreeMap;

/** The experiments that can be diagnosed, by the names of their commands. */
final class Subjects {

    private static final Map<String, Subject.Opener> OPENERS =
            new TreeMap<>(Map.of("vit", VisionSubject::open));

    private Subjects() {}

    /**
     * Opens the subject of an experiment.
     *
     * @param config the experiment, with one target
     * @param out where progress is printed
     * @throws IllegalArgumentException if experiments of this kind cannot be diagnosed
     */
    static Subject open(ExperimentConfig config, PrintStream out) throws IOException {
        Subject.Opener opener = OPENERS.get(config.experiment());
        if (opener == null) {
            throw Arguments.rejected(
                    "--run",
                    "an experiment of tram " + String.join(", ", OPENERS.keySet()),
                    "one of tram " + config.experiment());
        }
        return opener.open(config, out);
    }
}
