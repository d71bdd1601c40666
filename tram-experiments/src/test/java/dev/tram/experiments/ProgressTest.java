package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {

    /** What an earlier run did says nothing of this one's speed. */
    @Test
    void aBarCountsTheStepsOfThisRunAlone() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
                Progress bar = new Progress.Bar(out, "fine-tuning", 100)) {
            bar.skip(60);
            for (int step = 1; step <= 40; step++) {
                bar.step(
                        "sam-0",
                        new StepRecord(
                                step, 2.5, 2.6, 0.1, 0.1, 0.2, 0.2, 3, 1e-3, 12.5, 1, 1, null));
            }
        }
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("40/40");
    }
}
