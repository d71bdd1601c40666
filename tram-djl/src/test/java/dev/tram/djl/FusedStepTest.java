package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Divergences;
import dev.tram.djl.pytorch.Kernels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A training step with the fused kernels is the one with plain array operations. */
class FusedStepTest {

    private static final Tracker RATE = Tracker.fixed(0.01f);
    private static final Map<String, Supplier<Optimizer>> BASES =
            Map.of(
                    "sgd", () -> Optimizer.sgd().setLearningRateTracker(RATE).build(),
                    "momentum",
                            () ->
                                    Optimizer.sgd()
                                            .setLearningRateTracker(RATE)
                                            .optMomentum(0.9f)
                                            .optWeightDecays(0.1f)
                                            .build(),
                    "adam",
                            () ->
                                    Optimizer.adam()
                                            .optLearningRateTracker(RATE)
                                            .optWeightDecays(0.1f)
                                            .optBeginNumUpdate(3)
                                            .build(),
                    "adamw", () -> Optimizer.adamW().optLearningRateTracker(RATE).build());

    @AfterEach
    void selectByEngine() {
        System.clearProperty(Kernels.PROPERTY);
    }

    static Stream<Arguments> methodsAndBases() {
        return Methods.names().stream()
                .flatMap(
                        method ->
                                BASES.keySet().stream()
                                        .sorted()
                                        .map(base -> Arguments.of(method, base)));
    }

    private static Training training(String kernels, TestModel model, String method, String base) {
        System.setProperty(Kernels.PROPERTY, kernels);
        return new Training(model, Training.method(method, BASES.get(base).get()).build());
    }

    @ParameterizedTest
    @MethodSource("methodsAndBases")
    void trajectoriesAgree(String method, String base) {
        try (Training fused = training("fused", TestModel.MLP, method, base);
                Training portable = training("portable", TestModel.MLP, method, base)) {
            for (int number = 0; number < 4; number++) {
                TramStep one = fused.step(number);
                TramStep other = portable.step(number);
                assertThat(one.kind()).isEqualTo(other.kind());
                assertThat(Training.distance(fused.weights(), portable.weights())).isLessThan(1e-6);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tram-previous", "asam+mesa", "r3f"})
    void everyDivergenceAgrees(String method) {
        for (String name :
                List.of("reverse-kl", "symmetric-kl", "jensen-shannon", "renyi-2", "l2")) {
            double[] distances = new double[2];
            for (String kernels : List.of("fused", "portable")) {
                System.setProperty(Kernels.PROPERTY, kernels);
                TramOptimizer tram =
                        Methods.named(method)
                                .with(HyperParameter.DIVERGENCE, Divergences.named(name))
                                .builder()
                                .setBaseOptimizer(BASES.get("sgd").get())
                                .build();
                try (Training training = new Training(TestModel.TOKENS, tram)) {
                    training.steps(0, 3);
                    distances[kernels.equals("fused") ? 0 : 1] = tram.lastStep().distance();
                }
            }
            assertThat(distances[0]).as(name).isPositive();
            assertThat(Math.abs(distances[0] - distances[1])).as(name).isLessThan(1e-6);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"momentum", "adam", "adamw"})
    void checkpointsAreTheSameAndResumeEitherWay(String base, @TempDir Path directory)
            throws Exception {
        Path fusedFile = directory.resolve("fused");
        Path portableFile = directory.resolve("portable");
        Map<String, float[]> unbroken;
        try (Training fused = training("fused", TestModel.MLP, "adam", base);
                Training portable = training("portable", TestModel.MLP, "adam", base)) {
            fused.steps(0, 3);
            portable.steps(0, 3);
            fused.tram.save(fusedFile);
            portable.tram.save(portableFile);
            assertThat(Files.readAllBytes(fusedFile)).isEqualTo(Files.readAllBytes(portableFile));
            fused.steps(3, 6);
            unbroken = fused.weights();
        }
        try (Training resumed = training("portable", TestModel.MLP, "adam", base)) {
            resumed.tram.load(fusedFile);
            resumed.steps(3, 6);
            Training.assertSameBits(resumed.weights(), unbroken);
        }
        try (Training resumed = training("fused", TestModel.MLP, "adam", base)) {
            resumed.tram.load(portableFile);
            resumed.steps(3, 6);
            Training.assertSameBits(resumed.weights(), unbroken);
        }
    }

    @Test
    void anOptimizerOfAnotherClassKeepsItsOwnUpdate() {
        System.setProperty(Kernels.PROPERTY, "fused");
        Optimizer sign = new SignDescent();
        try (Training training =
                new Training(TestModel.MLP, Training.method("sam", sign).build())) {
            Map<String, float[]> before = training.weights();
            training.step(0);
            training.weights()
                    .forEach(
                            (name, values) -> {
                                for (int i = 0; i < values.length; i++) {
                                    float moved = Math.abs(values[i] - before.get(name)[i]);
                                    assertThat(moved == 0f || Math.abs(moved - 0.5f) < 1e-6)
                                            .isTrue();
                                }
                            });
            assertThat(Training.distance(training.weights(), before)).isGreaterThan(0.4);
        }
    }

    @Test
    void aLearningRateThatIsNoNumberIsRefused() {
        System.setProperty(Kernels.PROPERTY, "fused");
        Optimizer broken =
                Optimizer.adam().optLearningRateTracker(Tracker.fixed(Float.NaN)).build();
        try (Training training =
                new Training(TestModel.MLP, Training.method("sam", broken).build())) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("learning rate")
                    .hasMessageContaining("received: NaN");
            Training.assertSameBits(training.weights(), before);
        }
    }

    /** θ ← θ − ½ sign g. */
    private static final class SignDescent extends Optimizer {

        SignDescent() {
            super(Optimizer.sgd().setLearningRateTracker(RATE));
        }

        @Override
        public void update(String parameterId, NDArray weight, NDArray grad) {
            assertThat(weight.getDataType()).isEqualTo(DataType.FLOAT32);
            weight.subi(grad.sign().mul(0.5f));
        }
    }
}
