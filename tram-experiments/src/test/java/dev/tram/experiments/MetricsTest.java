package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {

    @TempDir private Path directory;

    private Path file;

    @BeforeEach
    void writeThreeSteps() throws IOException {
        file = directory.resolve("metrics").resolve("adam-0.jsonl");
        write(0, 1, 2, 3);
    }

    @Test
    void hasALinePerStepWithAllFields() throws IOException {
        assertThat(Files.readAllLines(file)).hasSize(3);
        JsonNode line = Json.MAPPER.readTree(Files.readAllLines(file).get(1));
        assertThat(line.fieldNames())
                .toIterable()
                .containsExactly(
                        "step",
                        "loss",
                        "perturbed_loss",
                        "distance",
                        "radius",
                        "perturbation_norm",
                        "realised_norm",
                        "gradient_norm",
                        "learning_rate",
                        "milliseconds",
                        "forward",
                        "backward");
        assertThat(line.get("step").asInt()).isEqualTo(2);
        assertThat(line.get("perturbed_loss").isNull()).isTrue();
    }

    @Test
    void isReadAsItWasWritten() throws IOException {
        assertThat(Metrics.read(file)).containsExactly(step(1), step(2), step(3));
    }

    /** Earlier versions did not count passes. */
    @Test
    void linesWithoutPassesAreRead() throws IOException {
        String lines = Files.readString(file).replace(",\"forward\":1,\"backward\":1", "");
        Files.writeString(file, lines);
        assertThat(Metrics.read(file)).extracting(StepRecord::forward).containsOnly(0);
    }

    @Test
    void linesAfterASavedStepAreCutAlsoTornOnes() throws IOException {
        Files.writeString(file, "{\"step\":4,\"lo", StandardOpenOption.APPEND);
        write(2, 3);
        assertThat(Metrics.read(file)).containsExactly(step(1), step(2), step(3));
    }

    /** Far more of them would fit in a file than in memory. */
    @Test
    void stepsMustFollowEachOther() throws IOException {
        for (String line : new String[] {"null", "{}", "{\"step\":5}", "\u00e4"}) {
            write(0, 1, 2, 3);
            Files.writeString(
                    file, line + "\n", StandardCharsets.ISO_8859_1, StandardOpenOption.APPEND);
            assertThatIllegalArgumentException()
                    .as(line)
                    .isThrownBy(() -> Metrics.read(file))
                    .withMessageStartingWith(file + " must be whole, and what tram wrote")
                    .withMessageEndingWith("at line 4");
        }
    }

    @Test
    void aFreshStartKeepsNothing() throws IOException {
        write(0, 1);
        assertThat(Metrics.read(file)).containsExactly(step(1));
    }

    @Test
    void aDamagedLineIsNamed() throws IOException {
        Files.writeString(file, "{\"step\":4,\"lo", StandardOpenOption.APPEND);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Metrics.read(file))
                .withMessage(
                        file
                                + " must be whole, and what tram wrote, received: a file with an"
                                + " error at line 4");
    }

    @Test
    void missingLinesAreAnError() {
        assertThatIOException()
                .isThrownBy(() -> Metrics.after(4, file, Optional.empty()).close())
                .withMessageContaining("has 3 lines, expected at least 4");
    }

    /** TensorBoard's files have the same figures; a figure that a method lacks is not there. */
    @Test
    void stepsGoToEventFilesToo() throws IOException {
        Path events = file.resolveSibling("events");
        try (Metrics metrics = Metrics.after(0, file, Optional.of(events))) {
            metrics.write(step(1));
        }
        assertThat(step(1).figures())
                .containsEntry("loss", 2.5)
                .containsEntry("learningRate", 1e-3)
                .doesNotContainKeys("perturbedLoss", "validation");
        try (Stream<Path> written = Files.list(events)) {
            Path only = written.findFirst().orElseThrow();
            assertThat(new String(Files.readAllBytes(only), StandardCharsets.ISO_8859_1))
                    .contains("brain.Event:2", "loss", "gradientNorm")
                    .doesNotContain("perturbedLoss");
        }
    }

    private void write(int after, int... steps) throws IOException {
        try (Metrics metrics = Metrics.after(after, file, Optional.empty())) {
            for (int step : steps) {
                metrics.write(step(step));
            }
        }
    }

    private static StepRecord step(int step) {
        return new StepRecord(step, 2.5, Double.NaN, 0.1, 0.1, 0.2, 0.2, 3, 1e-3, 12.5, 1, 1, null);
    }
}
