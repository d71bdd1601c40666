package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.tram.djl.TramStep.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What one GPU must do, whose arrays and generator are not the CPU's. */
@Tag("gpu")
class GpuTest {

    private static final int STEPS = 4;

    static List<String> methods() {
        return Methods.names();
    }

    @BeforeEach
    void theEngineTakesTheGpu() {
        assertThat(Engine.getEngine("PyTorch").defaultDevice()).isEqualTo(Device.gpu(0));
    }

    /** Without noise, which each device draws by a generator of its own. */
    private static TramOptimizer tram(String name) {
        Method method = Training.changed(Methods.named(name), HyperParameter.SIGMA, 0f);
        return method.builder()
                .setBaseOptimizer(Training.fitting(name, Training.sgd(0.5f)))
                .optParameterFilter(parameter -> true)
                .optMaxGradNorm(1f)
                .build();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aMethodIsThatOfTheCpu(String name) {
        try (Training gpu = new Training(TestModel.MLP, tram(name));
                Training cpu = new Training(TestModel.MLP, tram(name), Device.cpu())) {
            assertThat(gpu.parameter(0).getArray().getDevice()).isEqualTo(Device.gpu(0));
            assertThat(cpu.parameter(0).getArray().getDevice()).isEqualTo(Device.cpu());
            cpu.setWeights(gpu.weights());
            for (int number = 0; number < STEPS; number++) {
                TramStep there = gpu.step(number);
                TramStep here = cpu.step(number);
                assertThat(there.kind()).isEqualTo(here.kind()).isNotEqualTo(Kind.SKIPPED);
                assertThat(there.loss()).isCloseTo(here.loss(), within(1e-4));
            }
            assertThat(Training.distance(gpu.weights(), cpu.weights())).isLessThan(1e-4);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tram-previous", "tram-pretrained", "mesa"})
    void dropoutIsReplayed(String name) {
        TramOptimizer still =
                Methods.named(name).builder().setBaseOptimizer(Training.sgd(0f)).build();
        try (Training training = new Training(TestModel.DROPOUT, still)) {
            for (int number = 0; number < STEPS; number++) {
                // The target is the model itself: whatever is not 0 is another mask.
                assertThat(training.step(number).distance()).isLessThan(1e-9);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tram-previous", "asam+mesa", "tram-pretrained-cached"})
    void savesAndLoads(String name, @TempDir Path folder) throws IOException {
        Path file = folder.resolve("run");
        Map<String, float[]> whole;
        try (Training training = new Training(TestModel.MLP, tram(name))) {
            training.steps(0, 2);
            training.tram.save(file);
            training.steps(2, STEPS);
            whole = training.weights();
        }
        try (Training training = new Training(TestModel.MLP, tram(name))) {
            training.tram.load(file);
            training.steps(2, STEPS);
            assertThat(Training.distance(training.weights(), whole)).isLessThan(1e-6);
        }
    }

    /** The ascent is undone by a copy, not by arithmetic. */
    @Test
    void theWeightsAreRestoredBitForBit() {
        TramOptimizer tram =
                Methods.named("asam").builder().setBaseOptimizer(Training.sgd(0f)).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            Map<String, float[]> before = training.weights();
            assertThat(training.step(0).kind()).isEqualTo(Kind.ASCENDED);
            Training.assertSameBits(training.weights(), before);
        }
    }

    /** The engine reads an array through a copy, which must not stay. */
    @Test
    void savingLeavesNothingBehind(@TempDir Path folder) throws Exception {
        try (Training training = new Training(TestModel.BATCH_NORM, tram("asam+mesa"))) {
            training.steps(0, 2);
            int before = Handles.count();
            training.tram.save(folder.resolve("run"));
            assertThat(Handles.count()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tram-previous", "asam+r3f"})
    void nothingGrowsOverSteps(String name) throws ReflectiveOperationException {
        try (Training training = new Training(TestModel.BATCH_NORM, tram(name))) {
            training.steps(0, STEPS);
            int early = Handles.count();
            training.steps(STEPS, 3 * STEPS);
            assertThat(Handles.count()).isEqualTo(early);
        }
    }
}
