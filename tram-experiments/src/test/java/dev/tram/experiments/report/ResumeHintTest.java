package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResumeHintTest {

    /** A program of two ends: killed in the middle, or after the hint was closed. */
    static final class Experiment {

        private Experiment() {}

        public static void main(String[] ends) {
            try (ResumeHint hint = ResumeHint.of(List.of("vit"), Path.of("runs", "one run"))) {
                if (ends[0].equals("killed")) {
                    System.exit(130);
                }
            }
        }
    }

    private static String run(String end) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                Experiment.class.getName(),
                                end)
                        .redirectErrorStream(true)
                        .start();
        byte[] printed = process.getInputStream().readAllBytes();
        process.waitFor();
        return new String(printed, StandardCharsets.UTF_8).strip();
    }

    @Test
    void anInterruptedExperimentSaysHowToGoOn() throws IOException, InterruptedException {
        assertThat(run("killed"))
                .isEqualTo(
                        "Interrupted. To go on: tram vit --resume '"
                                + Path.of("runs", "one run")
                                + "'");
    }

    @Test
    void aFinishedOneSaysNothing() throws IOException, InterruptedException {
        assertThat(run("finished")).isEmpty();
    }
}
