package dev.tram.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.tram.djl.Method.Passes;
import dev.tram.djl.pytorch.Kernels;
import dev.tram.examples.bench.BenchResult.Figures;
import dev.tram.examples.experiment.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchTest {

    private static Bench bench(String model, boolean memory, String... methods) {
        BenchModel small = BenchModel.named(model).withSize(2, null);
        return new Bench(small, List.of(methods), Device.cpu(), 3, memory);
    }

    @Test
    void everyMethodHasItsPhases() throws IOException {
        Bench bench =
                bench(
                        "vit-tiny",
                        false,
                        "adam",
                        "djl-adam",
                        "sam-portable",
                        "tram-previous",
                        "r3f");
        List<Integer> done = new ArrayList<>();
        BenchResult result = bench.run((what, count) -> done.add(count));
        assertThat(done).hasSize(bench.steps()).endsWith(bench.steps());
        assertThat(result.methods().keySet())
                .containsExactly("adam", "djl-adam", "sam-portable", "tram-previous", "r3f");
        Figures adam = result.methods().get("adam");
        assertThat(adam.ratio()).isEqualTo(1);
        assertThat(adam.phasesMs().get("ascent")).isLessThan(adam.phasesMs().get("forward"));
        assertThat(adam.phasesMs().get("distance")).isZero();
        assertThat(adam.phasesMs().get("restore")).isZero();
        Figures djl = result.methods().get("djl-adam");
        assertThat(djl.phasesMs().get("ascent")).isZero();
        assertThat(djl.passes()).isEqualTo(new Passes(1, 1));
        Figures tram = result.methods().get("tram-previous");
        assertThat(tram.passes()).isEqualTo(new Passes(3, 2));
        assertThat(tram.phasesMs().values()).allMatch(time -> time > 0);
        assertThat(tram.ratio()).isEqualTo(tram.medianMs() / adam.medianMs());
        assertThat(tram.peakMb()).isNaN();
        assertThat(System.getProperty(Kernels.PROPERTY)).isNull();
        assertThat(result.table().lines().map(String::length).distinct()).hasSize(1);
        assertThat(result.table().lines()).hasSize(7);
        assertThat(Json.MAPPER.writeValueAsString(result))
                .contains("\"methods\":{\"adam\":{\"ratio\":1.0,\"median_ms\":")
                .contains("\"phases_ms\":{\"forward\":")
                .contains("\"base_step\":");
    }

    @Test
    void thePlainBlockIsTimedToo() throws IOException {
        BenchModel small = BenchModel.named("gpt2-tiny").withSize(1, 8);
        BenchResult result =
                new Bench(small, List.of("adam", "plain-adam"), Device.cpu(), 1, false)
                        .run((what, done) -> {});
        Figures plain = result.methods().get("plain-adam");
        assertThat(plain.passes()).isEqualTo(new Passes(1, 1));
        assertThat(plain.phasesMs().get("forward")).isPositive();
        assertThat(plain.phasesMs().get("ascent")).isZero();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memoryIsThatOfAProcessOfItsOwn() throws IOException {
        double peak = PeakMemory.measure(BenchModel.named("mlp"), "sam", Device.cpu());
        assertThat(peak).isBetween(100.0, 2000.0);
    }

    @ParameterizedTest
    @CsvSource({
        "adam;adamm, method, received: adamm",
        "adam;sam;sam, different from each other, received",
        "sam;asam, adam among them, received",
        "adam;plain-adam, no GPT-2, received: plain-adam",
    })
    void methodsThatDoNotFitAreRefused(String methods, String part, String received) {
        assertThatThrownBy(() -> bench("mlp", false, methods.split(";", -1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(part)
                .hasMessageContaining(received);
    }

    @Test
    void sizesThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> BenchModel.named("gpt3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gpt2-mini")
                .hasMessageContaining("received: gpt3");
        assertThatThrownBy(() -> BenchModel.named("mlp").withSize(null, 4))
                .hasMessageContaining("--tokens")
                .hasMessageContaining("received: 4");
        assertThatThrownBy(() -> BenchModel.named("gpt2").withSize(0, null))
                .hasMessageContaining("--batch")
                .hasMessageContaining("received: 0");
    }
}
