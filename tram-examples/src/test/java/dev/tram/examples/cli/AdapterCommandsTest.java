package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tram.djl.transformers.model.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tram merge} and {@code tram predict --adapter}. */
class AdapterCommandsTest extends CommandTester {

    private static final Path REFERENCES =
            Path.of("..", "tram-djl", "src", "test", "resources")
                    .resolve(Checkpoint.class.getPackageName().replace('.', '/'));
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static Path base(Path adapter) throws IOException {
        JsonNode expected = MAPPER.readTree(adapter.resolve("expected.json").toFile());
        return REFERENCES.resolve(expected.get("base").asText());
    }

    private void assertLogits(Path adapter, Path actual) throws IOException {
        JsonNode expected =
                MAPPER.readTree(adapter.resolve("expected.json").toFile()).at("/logits/values");
        JsonNode values = MAPPER.readTree(actual.toFile()).at("/logits/values");
        assertThat(values).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(values.get(i).doubleValue())
                    .isCloseTo(expected.get(i).doubleValue(), within(2e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora-gpt2-tiny", "lora-vit-tiny", "lora-xlm-roberta-tiny"})
    void anAdapterIsUsedOrMerged(String name) throws IOException {
        Path adapter = REFERENCES.resolve(name);
        Path input = adapter.resolve("expected.json");
        Path used = directory.resolve("used.json");
        int code =
                tram(
                        "predict",
                        "--checkpoint",
                        base(adapter),
                        "--adapter",
                        adapter,
                        "--input",
                        input,
                        "--out",
                        used);
        assertThat(code).as(err.toString()).isZero();
        assertLogits(adapter, used);

        Path merged = directory.resolve("merged");
        code = tram("merge", "--checkpoint", base(adapter), "--adapter", adapter, "--out", merged);
        assertThat(code).as(err.toString()).isZero();
        Path output = directory.resolve("merged.json");
        code = tram("predict", "--checkpoint", merged, "--input", input, "--out", output);
        assertThat(code).as(err.toString()).isZero();
        assertLogits(adapter, output);
    }

    @Test
    void badInputIsOneLine() throws IOException {
        Path vit = REFERENCES.resolve("lora-vit-tiny");
        Path gpt2 = REFERENCES.resolve("gpt2-tiny");
        Path full = Files.createDirectory(directory.resolve("full"));
        Files.writeString(full.resolve("notes.txt"), "mine");
        assertBadInput(
                tram(
                        "merge",
                        "--checkpoint",
                        gpt2,
                        "--adapter",
                        vit,
                        "--out",
                        directory.resolve("a")),
                "tram merge: the adapter's tensors must be of a GPT2LMHeadModel,"
                        + " base_model.model.transformer.*, received: base_model.model.");
        assertThat(directory.resolve("a")).doesNotExist();
        assertBadInput(
                tram(
                        "merge",
                        "--checkpoint",
                        gpt2,
                        "--adapter",
                        full,
                        "--out",
                        directory.resolve("a")),
                "tram merge: --adapter "
                        + full
                        + ": there is no "
                        + full.resolve("adapter_config.json")
                        + ", which an adapter has");
        assertBadInput(
                tram("merge", "--checkpoint", gpt2, "--adapter", vit, "--out", full),
                "tram merge: --out must be a new or empty directory, received: " + full);
        assertBadInput(
                tram("predict", "--checkpoint", gpt2, "--adapter", full, "--text", "a"),
                "tram predict: --adapter " + full);
    }

    private void assertBadInput(int code, String message) {
        assertThat(code).as(err.toString()).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith(message).hasSizeLessThan(400);
        err.getBuffer().setLength(0);
    }
}
