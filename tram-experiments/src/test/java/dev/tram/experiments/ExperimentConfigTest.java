package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.djl.transformers.model.Precision;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExperimentConfigTest {

    @Test
    void isReadAsItWasWritten() throws IOException {
        MethodSettings settings = new MethodSettings(0.2f, null, 0f, null, 3f, "renyi-2");
        ExperimentConfig config =
                new ExperimentConfig(
                        "vit",
                        "digits",
                        Map.of("data", "/images"),
                        "cpu",
                        List.of("adam"),
                        2,
                        "noto",
                        new Protocol(
                                BaseOptimizer.SGD,
                                5,
                                4,
                                2,
                                3e-4f,
                                Schedule.LINEAR,
                                3,
                                0.5f,
                                2,
                                Selection.BEST,
                                7.5f,
                                1,
                                Precision.FLOAT32,
                                new LoraSettings("r=4,targets=query")),
                        settings);
        String json = Json.MAPPER.writeValueAsString(config);
        assertThat(Json.MAPPER.readTree(json).get("learning_rate").asDouble()).isEqualTo(3e-4);
        assertThat(Json.MAPPER.readTree(json).get("schedule").asText()).isEqualTo("linear");
        assertThat(Json.MAPPER.readValue(json, ExperimentConfig.class)).isEqualTo(config);
    }

    @Test
    void whatIsNotLimitedIsNull() throws IOException {
        Protocol protocol = Protocol.of(5, 4, 0.1f);
        String json = Json.MAPPER.writeValueAsString(protocol);
        assertThat(Json.MAPPER.readTree(json).get("max_grad_norm").isNull()).isTrue();
        assertThat(Json.MAPPER.readValue(json, Protocol.class)).isEqualTo(protocol);
    }

    @Test
    void aRunIsValidatedAtRegularStepsAndAtItsEnd() {
        Protocol protocol = Protocol.of(20, 1, 0.1f);
        assertThat(IntStream.rangeClosed(1, 20).filter(protocol::isValidated))
                .containsExactly(2, 4, 6, 8, 10, 12, 14, 16, 18, 20);
    }

    @Test
    void rejectsWhatCannotBeRun() {
        rejects(List.of("adamm"), 1, 1, 1, 1f, "did you mean adam");
        rejects(List.of(), 1, 1, 1, 1f, "received: 0");
        rejects(List.of("adam", "adam"), 1, 1, 1, 1f, "different");
        rejects(List.of("adam"), 0, 1, 1, 1f, "seeds");
        rejects(List.of("adam"), 1, 0, 1, 1f, "steps");
        rejects(List.of("adam"), 1, 1, 0, 1f, "batch");
        rejects(List.of("adam"), 1, 1, 1, Float.NaN, "received: NaN");
    }

    @Test
    void rejectsHyperParametersOutsideTheirRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MethodSettings(-1f, null, null, null, null, null))
                .withMessageContaining("rho")
                .withMessageContaining("received: -1.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MethodSettings(null, Float.NaN, null, null, null, null))
                .withMessageContaining("sigma")
                .withMessageContaining("received: NaN");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MethodSettings(null, null, null, null, null, "kl"))
                .withMessageContaining("forward-kl")
                .withMessageContaining("received: kl");
    }

    private static void rejects(
            List<String> methods, int seeds, int steps, int batch, float rate, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new ExperimentConfig(
                                        "vit",
                                        "twemoji",
                                        Map.of(),
                                        "cpu",
                                        methods,
                                        seeds,
                                        "noto",
                                        Protocol.of(steps, batch, rate),
                                        MethodSettings.PAPER))
                .withMessageContaining(message);
    }
}
