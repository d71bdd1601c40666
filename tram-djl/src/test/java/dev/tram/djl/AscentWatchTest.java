package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AscentWatchTest {

    private static TramStep step(double loss, double perturbed) {
        return new TramStep(loss, perturbed, 0, 0.1, 1, 0.1, 0.1, TramStep.Kind.ASCENDED);
    }

    private static String said(int steps, TramStep step) {
        PrintStream console = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            AscentWatch watch = new AscentWatch();
            for (int i = 0; i < steps; i++) {
                watch.observe(step);
            }
        } finally {
            System.setErr(console);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({"99, 1.00001, false", "100, 1.00001, true", "500, 1.001, false", "500, NaN, false"})
    void saysOnceThatTheLossDoesNotRise(int steps, double perturbed, boolean expected) {
        String text = said(steps, step(1, perturbed));
        assertThat(text.contains("The ascents have little effect")).isEqualTo(expected);
    }

    @Test
    void saysItOnce() {
        assertThat(said(1000, step(2, 2))).containsOnlyOnce("have little effect");
    }

    @Test
    void theRiseIsRelativeToTheLoss() {
        assertThat(step(-2, -1).relativeRise()).isEqualTo(0.5);
        assertThat(step(4, Double.NaN).relativeRise()).isNaN();
    }
}
