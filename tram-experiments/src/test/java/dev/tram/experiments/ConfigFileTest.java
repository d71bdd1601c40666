package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {

    private static final ObjectNode PRESET = ExperimentConfig.preset("vit-small");

    @TempDir private Path directory;

    private ObjectNode over(String json) throws IOException {
        return ConfigFile.over(
                PRESET, Files.writeString(directory.resolve("mine.json"), json), false);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'stpes': 20} | mine.json's keys must be some of ",
                "{'seed': 1} | received: seed; did you mean seeds",
                "{'label_nois': 0.4} | received: label_nois",
                "{'settings': {}} | received: settings",
                "{'steps': 'twenty'} | mine.json: steps must be an integer, received: \"twenty\"",
                "{'seeds': 1.5} | mine.json: seeds must be an integer, received: 1.5",
                "{'seeds': 3000000000} | mine.json: seeds must be an integer, received: 3000000000",
                "{'steps': null} | mine.json: steps must be an integer, received: null",
                "{'learning_rate': 'x'} | mine.json: learning_rate must be a number",
                "{'rho': true} | mine.json: rho must be a number, received: true",
                "{'methods': 'adam'} | mine.json: methods must be a list of texts",
                "{'methods': [1]} | mine.json: methods must be a list of texts",
                "{'inputs': {'label-noise': 0.4}} | mine.json: inputs must be an object whose values",
                "{'schedule': 'cosin'} | schedule must be one of constant, cosine, linear, received",
                "{'selection': 'bset'} | mine.json: selection must be one of last, best, received",
                "{'precision': 'fp8'} | mine.json: precision must be one of fp32, bf16, received",
                "{'lora': 8} | mine.json: lora must be a text, received: 8",
                "[] | mine.json must be an object of JSON, {...}, received: []",
                "{'steps': 20, 'batch': 8, 'steps': 30} | mine.json has a key twice: Duplicate field 'steps' in",
                "{'steps': 20 | mine.json is no JSON"
            })
    void refusesByName(String json, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> over(json.replace('\'', '"')))
                .withMessageContaining(message);
    }

    @Test
    void whatItLacksIsThePresets() throws IOException {
        ObjectNode expected = PRESET.deepCopy().put("batch", 8).put("rho", 0.1);
        assertThat(over("{\"batch\": 8, \"rho\": 0.1}")).isEqualTo(expected);
    }

    @Test
    void theWarmUpKeepsItsShareOfTheSteps() throws IOException {
        assertThat(PRESET.get("warmup").asInt() * 32).isEqualTo(PRESET.get("steps").asInt() * 3);
        assertThat(over("{\"steps\": 32}").get("warmup").asInt()).isEqualTo(3);
        assertThat(over("{\"steps\": 32, \"warmup\": 1}").get("warmup").asInt()).isEqualTo(1);
    }

    @Test
    void otherStepsThanTheFilesHaveThePresetsShare() throws IOException {
        Path file = Files.writeString(directory.resolve("two.json"), "{\"steps\": 2}");
        assertThat(ConfigFile.over(PRESET, file, true)).isEqualTo(PRESET);
    }

    @Test
    void whatARunWroteIsAConfiguration() throws IOException {
        ExperimentConfig config = ExperimentConfig.of(PRESET, "vit-small");
        Path file = directory.resolve("config.json");
        Json.write(file, config);
        assertThat(ExperimentConfig.of(ConfigFile.over(PRESET, file, false), "config.json"))
                .isEqualTo(config);
    }
}
