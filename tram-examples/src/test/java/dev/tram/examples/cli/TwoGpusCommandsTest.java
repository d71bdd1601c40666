package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.engine.Engine;
import dev.tram.experiments.Metrics;
import dev.tram.experiments.StepRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command that trains, with each batch shared by two GPUs. */
@Tag("gpu")
class TwoGpusCommandsTest {

    private static final List<String> PROTOCOL =
            List.of("--seeds=1", "--steps=2", "--batch=4", "--evaluate-every=2");

    @TempDir private Path directory;
    private TinyGrid tiny;

    @BeforeEach
    void thereAreTwoGpus() throws IOException {
        assumeThat(Engine.getInstance().getGpuCount()).isGreaterThanOrEqualTo(2);
        tiny = new TinyGrid(directory);
    }

    private void execute(Stream<String> arguments) {
        int code = tiny.execute(arguments.toArray(String[]::new));
        assertThat(code).as(tiny.err()).isZero();
        assertThat(tiny.err()).isEmpty();
    }

    private Path table() throws IOException {
        StringBuilder table = new StringBuilder("a,b\n");
        for (int row = 0; row < 60; row++) {
            table.append("text ").append(row).append(row % 2 == 0 ? ",even\n" : ",odd\n");
        }
        return Files.writeString(directory.resolve("table.csv"), table);
    }

    private String filledIn(String command) throws IOException {
        return command.replace("TABLE", table().toString())
                .replace("IMAGES", directory.resolve("images").toString())
                .replace("VIT", directory.resolve("vit").toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vit --data=IMAGES --checkpoint=VIT",
                "text --checkpoint=declaration-encoder --data=TABLE --text=a --label=b",
                "xnli --max-tokens=16",
                "gpt2 --test-blocks=1",
                "tune vit --data=IMAGES --checkpoint=VIT --values=2 --first-steps=1"
            })
    void sharesEachBatch(String command) throws IOException {
        Path run = directory.resolve("run");
        boolean isTuning = command.startsWith("tune");
        execute(
                Stream.of(
                                Stream.of(filledIn(command).split(" ", -1)),
                                PROTOCOL.stream()
                                        .filter(
                                                option ->
                                                        !isTuning || !option.startsWith("--seeds")),
                                Stream.of(
                                        "--device=gpu0,gpu1",
                                        isTuning ? "--methods=sam" : "--methods=tram-previous,msam",
                                        "--out=" + run))
                        .flatMap(part -> part));
        assertThat(run.resolve(isTuning ? "tune-sam.json" : "report.html")).isNotEmptyFile();
    }

    @Test
    void aRunIsThatOfOneGpuWithinRounding() throws IOException {
        List<StepRecord> one = steps("gpu0");
        List<StepRecord> two = steps("gpu0,gpu1");
        assertThat(two).hasSameSizeAs(one);
        for (int i = 0; i < one.size(); i++) {
            assertThat(two.get(i).loss()).isCloseTo(one.get(i).loss(), within(1e-4));
        }
    }

    private List<StepRecord> steps(String devices) throws IOException {
        Path run = directory.resolve(devices);
        execute(
                Stream.concat(
                        Stream.of(
                                "vit",
                                "--device=" + devices,
                                "--methods=adam",
                                "--data=" + directory.resolve("images"),
                                "--checkpoint=" + directory.resolve("vit"),
                                "--out=" + run),
                        PROTOCOL.stream()));
        return Metrics.read(run.resolve("metrics/adam-0.jsonl"));
    }

    @Test
    void aCellGoesOnFromItsSavepoint() throws IOException {
        Files.writeString(
                tiny.file(),
                Files.readString(tiny.file()).replace("steps: 60", "steps: 8")
                        + "    device: [gpu0, gpu1]\n    evaluate-every: 2\n");
        cell("whole");
        cell("paused", "--until=4");
        cell("paused");
        String model = "images/models/tram-previous-0/model.safetensors";
        assertThat(directory.resolve("paused").resolve(model))
                .hasSameBinaryContentAs(directory.resolve("whole").resolve(model));
    }

    private void cell(String out, String... options) {
        execute(
                Stream.concat(
                        Stream.of(
                                "cell",
                                tiny.file().toString(),
                                "1",
                                "--out=" + directory.resolve(out)),
                        Stream.of(options)));
    }

    @Test
    void aModelIsPretrained() throws IOException {
        Path run = directory.resolve("run");
        execute(
                Stream.of(
                        "pretrain",
                        "declaration-encoder",
                        "--steps=2",
                        "--device=gpu0,gpu1",
                        "--out=" + run));
        assertThat(run.resolve("models/adam-0/model.safetensors")).isNotEmptyFile();
    }
}
