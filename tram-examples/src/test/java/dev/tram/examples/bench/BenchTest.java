package dev.tram.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.tram.djl.Method.Passes;
import dev.tram.djl.pytorch.Kernels;
import dev.tram.examples.bench.BenchResult.Figures;
import dev.tram.experiments.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchTest {

    private static Bench bench(String model, boolean memory, String... methods) {
        BenchModel small = BenchModel.named(model).withSize(2, null);
        return new Bench(small, List.of(methods), Device.cpu(), 2, 3, memory);
    }

    @Test
    void everyMethodHasItsPhases() throws IOException {
        Bench bench = bench("vit-tiny", false, "djl-adam", "adam", "tram-previous");
        List<Integer> done = new ArrayList<>();
        BenchResult result = bench.run((what, count) -> done.add(count));
        assertThat(done).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(bench.processes()).isEqualTo(6);
        assertThat(result.methods().keySet()).containsExactly("djl-adam", "adam", "tram-previous");
        Figures djl = result.methods().get("djl-adam");
        assertThat(djl.ratio()).isEqualTo(1);
        assertThat(djl.leastRatio()).isEqualTo(1);
        assertThat(djl.greatestRatio()).isEqualTo(1);
        assertThat(djl.phasesMs().get("ascent")).isZero();
        assertThat(djl.passes()).isEqualTo(new Passes(1, 1));
        Figures adam = result.methods().get("adam");
        assertThat(adam.phasesMs().get("distance")).isZero();
        assertThat(adam.phasesMs().get("restore")).isZero();
        assertThat(adam.load()).isNotNegative();
        Figures tram = result.methods().get("tram-previous");
        assertThat(tram.passes()).isEqualTo(new Passes(3, 2));
        assertThat(tram.phasesMs().values()).allMatch(time -> time > 0);
        assertThat(tram.ratio()).isBetween(tram.leastRatio(), tram.greatestRatio());
        assertThat(tram.meanMs()).isPositive();
        assertThat(tram.meanRatio()).isPositive();
        assertThat(tram.peakMb()).isNaN();
        assertThat(System.getProperty(Kernels.PROPERTY)).isNull();
        assertThat(result.table().lines().map(String::length).distinct()).hasSize(1);
        assertThat(result.table().lines()).hasSize(5);
        assertThat(Json.MAPPER.writeValueAsString(result))
                .contains("\"methods\":{\"djl-adam\":{\"ratio\":1.0,\"least_ratio\":1.0,")
                .contains("\"mean_ratio\":")
                .contains("\"phases_ms\":{\"forward\":")
                .contains("\"base_step\":");
    }

    @Test
    void thePlainBlockIsTimedToo() throws IOException {
        BenchModel small = BenchModel.named("gpt2-tiny").withSize(1, 8);
        BenchResult result =
                new Bench(small, List.of("djl-adam", "plain-adam"), Device.cpu(), 1, 2, false)
                        .run((what, done) -> {});
        Figures plain = result.methods().get("plain-adam");
        assertThat(plain.passes()).isEqualTo(new Passes(1, 1));
        assertThat(plain.phasesMs().get("forward")).isPositive();
        assertThat(plain.phasesMs().get("ascent")).isZero();
    }

    /** The host's clock sees a GPU's launches, not its work. */
    @Test
    void phasesAreLeftOutOnAGpu() {
        Map<Phase, Long> step = new EnumMap<>(Phase.class);
        for (Phase phase : Phase.values()) {
            step.put(phase, 2_000_000L);
        }
        List<TimedSteps> processes = List.of(new TimedSteps(1, 0, List.of(step)));
        assertThat(Bench.phases(Device.gpu(), processes)).isEmpty();
        assertThat(Bench.phases(Device.cpu(), processes)).hasSize(7).containsEntry("restore", 2.0);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memoryIsThatOfAProcessOfItsOwn() throws IOException {
        double peak = PeakMemory.measure(BenchModel.named("mlp"), "sam", Device.cpu());
        assertThat(peak).isBetween(100.0, 2000.0);
    }

    @ParameterizedTest
    @CsvSource({
        "djl-adam;adamm, there is no method, did you mean adam",
        "djl-adam;sam;sam, different from each other, received",
        "sam;asam, djl-adam among them, received",
        "djl-adam;plain-adam, no GPT-2, received: plain-adam",
    })
    void methodsThatDoNotFitAreRefused(String methods, String part, String received) {
        assertThatThrownBy(() -> bench("mlp", false, methods.split(";", -1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(part)
                .hasMessageContaining(received);
    }

    /** A program that memory does not suffice for. */
    static final class Starved {

        private Starved() {}

        /** Ends as Java does without memory. */
        public static void main(String[] arguments) {
            System.err.println("Exception: java.lang.OutOfMemoryError: Java heap space");
        }
    }

    @Test
    void aLackOfMemoryOfAProcessOfItsOwnIsToldAsOne() {
        assertThatThrownBy(
                        () ->
                                new ChildProcess(BenchModel.named("mlp"), "sam", Device.cpu(), 1)
                                        .run(Starved.class, List.of(), Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the process of sam ended early: ")
                .hasCauseInstanceOf(OutOfMemoryError.class);
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
