package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.Ascent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine's stream of random numbers stays the user's. */
class RandomNumbersTest {

    private static final int STEPS = 4;

    @TempDir private Path folder;

    private static void seed(int seed) {
        Engine.getEngine("PyTorch").setRandomSeed(seed);
    }

    /** What a program of the user's draws next. */
    private static float draw(Training training) {
        try (NDArray drawn = training.trainer.getManager().randomNormal(new Shape(1))) {
            return drawn.getFloat();
        }
    }

    private static Training training(TramOptimizer tram) {
        Training training = new Training(TestModel.DROPOUT, tram);
        training.leaveRandomNumbers();
        return training;
    }

    /**
     * What became of a run.
     *
     * @param weights the weights at its end
     * @param draws what the user drew after each step
     */
    private record Outcome(Map<String, float[]> weights, List<Float> draws) {}

    private static Outcome run(Training training, int seed, int later) {
        List<Float> draws = new ArrayList<>();
        seed(seed);
        for (int step = 0; step < STEPS; step++) {
            if (step == STEPS / 2 && later != seed) {
                seed(later);
            }
            training.step(step);
            draws.add(draw(training));
        }
        return new Outcome(training.weights(), draws);
    }

    private static Outcome run(String method, int seed, int later) {
        try (Training training = training(Training.method(method).build())) {
            return run(training, seed, later);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-x", "tram-previous", "asam+r3f", "msam"})
    void theEnginesSeedDecidesAlsoInMidRun(String method) {
        Outcome one = run(method, 1, 1);
        Outcome two = run(method, 2, 2);
        Outcome turned = run(method, 1, 2);
        assertThat(run(method, 1, 1).draws()).isEqualTo(one.draws()).doesNotHaveDuplicates();
        assertThat(Training.sameBits(one.weights(), two.weights())).isFalse();
        assertThat(one.draws()).doesNotContainAnyElementsOf(two.draws());
        assertThat(Training.sameBits(one.weights(), turned.weights())).isFalse();
        int half = STEPS / 2;
        assertThat(turned.draws().subList(0, half)).isEqualTo(one.draws().subList(0, half));
        assertThat(turned.draws().subList(half, STEPS)).doesNotContainAnyElementsOf(one.draws());
    }

    /** On the same batch at the same weights, the noise alone makes d. */
    @Test
    void twoOptimizersInOneLoopShareNothing() {
        TramOptimizer first = Training.method("tram-x", Training.sgd(0f)).build();
        TramOptimizer second = Training.method("tram-x", Training.sgd(0f)).build();
        try (Training one = training(first);
                Training two = training(second)) {
            two.setWeights(one.weights());
            seed(3);
            List<Double> distances = new ArrayList<>();
            List<Float> noise = new ArrayList<>();
            for (int step = 0; step < 11; step++) {
                noise.add(draw(one));
                distances.add(one.step(0).distance());
                noise.add(draw(two));
                distances.add(two.step(0).distance());
            }
            assertThat(noise).doesNotHaveDuplicates();
            assertThat(distances).doesNotHaveDuplicates();
        }
    }

    static Stream<Ascent> withoutAscent() {
        return Stream.of(
                Ascent.none(), Ascent.sam(0), Ascent.of(Neighborhood.adaptive(), Radius.fixed(0)));
    }

    /** Dropout's masks are the engine's next numbers, as without us. */
    @ParameterizedTest
    @MethodSource("withoutAscent")
    void aMethodWithoutAscentDrawsAndSeedsNothing(Ascent ascent) {
        TramOptimizer tram =
                TramOptimizer.builder().setBaseOptimizer(Training.adam()).optAscent(ascent).build();
        try (Training plain = Training.plain(TestModel.DROPOUT, Training.adam());
                Training training = training(tram)) {
            plain.leaveRandomNumbers();
            training.setWeights(plain.weights());
            Outcome expected = run(plain, 1, 2);
            Outcome actual = run(training, 1, 2);
            assertThat(actual.draws()).isEqualTo(expected.draws());
            Training.assertSameBits(actual.weights(), expected.weights());
        }
    }

    /** The user's own noise after loading is that of the run that was never stopped. */
    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-x", "asam+mesa", "msam"})
    void aResumedRunDrawsWhatTheWholeOneDoes(String method) throws IOException {
        Path file = folder.resolve("run.safetensors");
        List<Float> expected = new ArrayList<>();
        Map<String, float[]> weights;
        try (Training training = training(Training.method(method).build())) {
            seed(1);
            training.steps(0, 2);
            training.tram.save(file);
            expected.add(draw(training));
            training.step(2);
            expected.add(draw(training));
            weights = training.weights();
        }
        seed(77);
        try (Training training = training(Training.method(method).build())) {
            training.tram.load(file);
            assertThat(draw(training)).isEqualTo(expected.get(0));
            training.step(2);
            assertThat(draw(training)).isEqualTo(expected.get(1));
            Training.assertSameBits(training.weights(), weights);
        }
    }
}
