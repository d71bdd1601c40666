package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.loss.Loss;
import dev.tram.core.Ascent;
import dev.tram.core.Direction;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers, losses and files that nobody means well by: one clear exception, nothing changed. */
class HostileInputTest {

    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(floats = {1e30f, 3e38f})
    void aRadiusBeyondAllNumbersSkipsItsBatch(float rho) {
        Ascent ascent = Ascent.sam(rho).withSchedule(Schedule.until(1));
        TramOptimizer tram =
                TramOptimizer.builder().setBaseOptimizer(Training.sgd()).optAscent(ascent).build();
        try (Training training = new Training(TestModel.BATCH_NORM, tram)) {
            Map<String, float[]> before = training.weights();
            TramStep step = training.step(0);
            if (step.kind() == TramStep.Kind.SKIPPED) {
                Training.assertSameBits(training.weights(), before);
            }
            assertThat(training.weights().values())
                    .allSatisfy(
                            values -> {
                                for (float value : values) {
                                    assertThat(value).isFinite();
                                }
                            });
            training.step(1);
        }
    }

    static Stream<Arguments> ascentsWithoutALength() {
        Neighborhood nan = (v, point) -> v.mul(Float.NaN);
        Neighborhood infinite = (v, point) -> v.mul(Float.POSITIVE_INFINITY);
        return Stream.of(nan, infinite)
                .flatMap(
                        d ->
                                Stream.of(Direction.gradient(), Direction.momentum())
                                        .map(v -> arguments(v, d)));
    }

    @ParameterizedTest
    @MethodSource("ascentsWithoutALength")
    void anAscentWithoutALengthIsLeftOutAndTold(Direction direction, Neighborhood neighborhood) {
        Ascent ascent = new Ascent(direction, neighborhood, Radius.fixed(0.1f), Schedule.always());
        TramOptimizer tram =
                TramOptimizer.builder().setBaseOptimizer(Training.adam()).optAscent(ascent).build();
        try (Training training = new Training(TestModel.MLP, tram);
                Training plain =
                        new Training(
                                TestModel.MLP, Training.method("adam", Training.adam()).build())) {
            plain.setWeights(training.weights());
            String told = Logged.by(() -> training.steps(0, 4));
            plain.steps(0, 4);
            Training.assertSameBits(training.weights(), plain.weights());
            assertThat(tram.plainSteps()).isEqualTo(4);
            assertThat(told).containsOnlyOnce("its ascent has no length: vᵀDv = ");
        }
    }

    /** An axis that fails or gives something else than it should changes nothing. */
    @Test
    void anAxisThatFailsChangesNothing() {
        Radius endless = step -> Float.POSITIVE_INFINITY;
        Neighborhood failing =
                (v, point) -> {
                    throw new UnsupportedOperationException("no D");
                };
        Neighborhood shapeless = (v, point) -> v.sum();
        assertFails(Ascent.of(Neighborhood.euclidean(), endless), "must be a finite number >= 0");
        assertFails(Ascent.of(failing, Radius.fixed(0.1f)), "no D");
        assertFails(Ascent.of(shapeless, Radius.fixed(0.1f)), "D v must have v's shape and type");
        assertFails(
                Ascent.of(Neighborhood.euclidean(), Radius.fixed(0.1f)).withDirection(new One()),
                "A direction must have the gradients' shapes");
    }

    /** The first parameter's gradient alone. */
    private record One() implements Direction {

        @Override
        public NDList of(NDList gradient, Direction.State state) {
            return new NDList(gradient.head());
        }
    }

    private static void assertFails(Ascent ascent, String message) {
        TramOptimizer tram =
                TramOptimizer.builder().setBaseOptimizer(Training.adam()).optAscent(ascent).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.step(0)).hasMessageContaining(message);
            Training.assertSameBits(training.weights(), before);
        }
    }

    @Test
    void noLossIsRefusedByName() {
        TramOptimizer tram = Training.method("sam").build();
        assertThatThrownBy(() -> tram.loss(null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("taskLoss must be a loss, received: null");
        Loss none =
                new Loss("none") {

                    @Override
                    public NDArray evaluate(NDList labels, NDList predictions) {
                        return null;
                    }
                };
        try (Training training = new Training(TestModel.MLP, tram, none, config -> {})) {
            assertThatThrownBy(() -> training.trainBatch(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("value of the loss none must be a scalar array, received: null");
        }
    }

    @Test
    void negativeInfinityIsSkippedAsAnyLossThatIsNotFinite() {
        Loss loss =
                new Loss("bottomless") {

                    @Override
                    public NDArray evaluate(NDList labels, NDList predictions) {
                        return predictions.head().sum().sub(Float.POSITIVE_INFINITY);
                    }
                };
        TramOptimizer tram = Training.method("sam").build();
        try (Training training = new Training(TestModel.MLP, tram, loss, config -> {})) {
            assertThat(training.step(0).kind()).isEqualTo(TramStep.Kind.SKIPPED);
        }
    }

    @Test
    void anInterruptIsNamed() throws IOException {
        Path file = folder.resolve("saved");
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.step(0);
            training.tram.save(file);
            byte[] before = Files.readAllBytes(file);
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> training.tram.save(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("must not be interrupted");
            assertThatThrownBy(() -> training.tram.load(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("must not be interrupted");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(Files.readAllBytes(file)).isEqualTo(before);
            training.step(1);
        }
    }

    /** A method with all kinds of state. */
    static TramOptimizer optimizer() {
        Radius radius = Radius.relative(TrustRegion.movingAverage(0.9f), 0.1f);
        Ascent ascent =
                new Ascent(
                        Direction.friendly(1, 0.5f),
                        Neighborhood.adaptive(),
                        radius,
                        Schedule.adaptive(0.9f, -1, 1, 10));
        return TramOptimizer.builder()
                .setBaseOptimizer(Training.adam())
                .optAscent(ascent)
                .optAccumulationSteps(2)
                .build();
    }

    private Path saved() throws IOException {
        Path file = folder.resolve("good");
        try (Training training = new Training(TestModel.MLP, optimizer())) {
            training.steps(0, 5);
            training.tram.save(file);
        }
        return file;
    }

    /** Any text that is changed is refused, or is one that a run could have saved. */
    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-9", "NaN", "99999999999999999999", "0.5 x", "{\"a\":1}"})
    void textsThatCannotBeAreRefused(String bad) throws IOException {
        Path good = saved();
        for (String key : texts(good).keySet()) {
            attempt(good, texts -> texts.put(key, bad));
        }
    }

    @Test
    void missingTextsAreRefused() throws IOException {
        Path good = saved();
        for (String key : texts(good).keySet()) {
            assertThat(attempt(good, texts -> texts.remove(key))).as(key).isTrue();
        }
    }

    @Test
    void buffersThatAreNotThereAreRefused() throws IOException {
        Path good = saved();
        assertThat(attempt(good, texts -> texts.put("buffers", "x"))).isTrue();
        assertThat(attempt(good, texts -> texts.put("buffers", ""))).isTrue();
        assertThat(attempt(good, texts -> texts.put("base_num_update", "-9"))).isTrue();
    }

    /** As many values as there should be, but of another type. */
    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"INT64", "BOOLEAN", "FLOAT64", "FLOAT16"})
    void tensorsOfAnotherTypeAreRefused(DataType type) throws IOException {
        Path good = saved();
        List<String> names = new ArrayList<>();
        try (CheckpointFile file = CheckpointFile.open(good)) {
            file.names().forEach(names::add);
        }
        assertThat(names).hasSizeGreaterThan(10);
        for (String name : names) {
            boolean refused =
                    attempt(
                            good,
                            texts -> {},
                            arrays ->
                                    arrays.computeIfPresent(
                                            name, (key, array) -> array.toType(type, true)));
            assertThat(refused).as(name).isTrue();
        }
    }

    private static Map<String, String> texts(Path path) throws IOException {
        try (CheckpointFile file = CheckpointFile.open(path)) {
            return new LinkedHashMap<>(file.texts());
        }
    }

    /** Loads a changed checkpoint: refused with nothing changed, or training goes on. */
    private boolean attempt(Path good, Consumer<Map<String, String>> change) throws IOException {
        return attempt(good, change, arrays -> {});
    }

    private boolean attempt(
            Path good,
            Consumer<Map<String, String>> change,
            Consumer<Map<String, NDArray>> changeArrays)
            throws IOException {
        Path bad = folder.resolve("bad");
        Map<String, String> texts = texts(good);
        change.accept(texts);
        try (CheckpointFile file = CheckpointFile.open(good);
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            for (String name : file.names()) {
                arrays.put(name, file.array(name, manager));
            }
            changeArrays.accept(arrays);
            CheckpointFile.write(bad, texts, arrays);
        }
        try (Training training = new Training(TestModel.MLP, optimizer())) {
            Map<String, float[]> before = training.weights();
            try {
                training.tram.load(bad);
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("received: ");
                Training.assertSameBits(training.weights(), before);
                training.step(0);
                return true;
            }
            training.steps(5, 7);
            return false;
        }
    }
}
