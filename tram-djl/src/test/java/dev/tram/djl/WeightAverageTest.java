package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.dataset.Batch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Averages of the weights beside a training, and models between two others. */
class WeightAverageTest {

    private static final int STEPS = 6;

    static Stream<WeightAverage> averages() {
        return Stream.of(
                WeightAverage.exponential(0.8f),
                WeightAverage.exponential(0f),
                WeightAverage.uniform(0),
                WeightAverage.uniform(3));
    }

    private static Training training(WeightAverage average, int group) {
        return new Training(
                TestModel.MLP,
                Training.method("msam", Training.adam())
                        .optWeightAverage(average)
                        .optAccumulationSteps(group)
                        .build());
    }

    private static Map<String, float[]> shown(Training training) {
        try (TramOptimizer.Shown average = training.tram.showWeightAverage()) {
            return training.weights();
        }
    }

    /** θ_0 and θ after each update. */
    private static Map<String, float[]> expected(
            WeightAverage average, List<Map<String, float[]>> thetas) {
        Map<String, float[]> expected = new LinkedHashMap<>();
        thetas.get(0)
                .forEach(
                        (name, values) -> {
                            float[] means = new float[values.length];
                            for (int i = 0; i < means.length; i++) {
                                means[i] = (float) mean(average, thetas, name, i);
                            }
                            expected.put(name, means);
                        });
        return expected;
    }

    private static double mean(
            WeightAverage average, List<Map<String, float[]>> thetas, String name, int i) {
        int last = thetas.size() - 1;
        if (!Float.isNaN(average.decay())) {
            double mean = thetas.get(0).get(name)[i];
            for (int update = 1; update <= last; update++) {
                double theta = thetas.get(update).get(name)[i];
                mean = average.decay() * mean + (1.0 - average.decay()) * theta;
            }
            return mean;
        }
        int first = Math.min((int) average.from() + 1, last);
        double sum = 0;
        for (int update = first; update <= last; update++) {
            sum += thetas.get(update).get(name)[i];
        }
        return sum / (last - first + 1);
    }

    @ParameterizedTest
    @MethodSource("averages")
    void isTheAverageByItsFormula(WeightAverage average) {
        try (Training training = training(average, 1)) {
            List<Map<String, float[]>> thetas = new ArrayList<>(List.of(training.weights()));
            for (int number = 0; number < STEPS; number++) {
                training.step(number);
                thetas.add(training.weights());
                assertThat(Training.distance(shown(training), expected(average, thetas)))
                        .as("update %d", number)
                        .isLessThan(1e-6);
                Training.assertSameBits(training.weights(), thetas.get(number + 1));
            }
        }
    }

    /** The average changes nothing of the training. */
    @Test
    void standsBesideTheTraining() {
        try (Training averaged = training(WeightAverage.exponential(0.9f), 1);
                Training alone =
                        new Training(
                                TestModel.MLP, Training.method("msam", Training.adam()).build())) {
            averaged.steps(0, STEPS);
            shown(averaged);
            alone.steps(0, STEPS);
            Training.assertSameBits(averaged.weights(), alone.weights());
        }
    }

    @Test
    void countsUpdatesNotBatches() {
        try (Training training = training(WeightAverage.uniform(0), 2)) {
            training.steps(0, 2);
            Map<String, float[]> first = training.weights();
            Training.assertSameBits(shown(training), first);
            training.step(2);
            Training.assertSameBits(shown(training), first);
        }
    }

    @Test
    void resumes(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("state");
        Map<String, float[]> whole;
        try (Training training = training(WeightAverage.uniform(2), 1)) {
            training.steps(0, 4);
            training.tram.save(file);
            training.steps(4, STEPS);
            whole = shown(training);
        }
        try (Training training = training(WeightAverage.uniform(2), 1)) {
            training.tram.load(file);
            training.steps(4, STEPS);
            Training.assertSameBits(shown(training), whole);
        }
        try (Training other = training(WeightAverage.uniform(3), 1)) {
            assertThatThrownBy(() -> other.tram.load(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("weight_average");
        }
    }

    @Test
    void refusesToTrainWhileItIsShown(@TempDir Path folder) {
        try (Training training = training(WeightAverage.uniform(0), 1)) {
            assertThatThrownBy(training.tram::showWeightAverage)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no update yet");
            training.steps(0, 2);
            try (TramOptimizer.Shown average = training.tram.showWeightAverage()) {
                assertThatThrownBy(() -> training.trainBatch(2))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("received: an open scope");
                assertThatThrownBy(() -> training.tram.save(folder.resolve("state")))
                        .hasMessageContaining("received: an open scope");
                assertThatThrownBy(training.tram::showWeightAverage)
                        .hasMessageContaining("received: an open scope");
                try (Batch batch = training.batch(9)) {
                    training.trainer.evaluate(batch.getData());
                }
            }
            assertThat(training.step(2).kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.step(0);
            assertThatThrownBy(training.tram::showWeightAverage)
                    .hasMessageContaining("needs optWeightAverage");
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.25f, 1})
    void interpolatesBetweenTwoModels(float alpha) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Block start = block(manager, 1);
            Block end = block(manager, 2);
            Block target = block(manager, 3);
            WeightInterpolation.apply(start, end, alpha, target);
            for (int i = 0; i < start.getParameters().size(); i++) {
                NDArray a = start.getParameters().valueAt(i).getArray();
                NDArray b = end.getParameters().valueAt(i).getArray();
                float[] actual = target.getParameters().valueAt(i).getArray().toFloatArray();
                for (int j = 0; j < actual.length; j++) {
                    double from = a.toFloatArray()[j];
                    double mixed = (1.0 - alpha) * from + (double) alpha * b.toFloatArray()[j];
                    assertThat((double) actual[j]).isCloseTo(mixed, within(1e-7));
                }
            }
            WeightInterpolation.apply(start, end, alpha, end);
            assertThat(end.getParameters().valueAt(0).getArray())
                    .isEqualTo(target.getParameters().valueAt(0).getArray());
            Block wide = initialized(manager, TestModel.wide(9));
            assertThatThrownBy(() -> WeightInterpolation.apply(start, wide, alpha, end))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("end must be of as many parameters as the start, 8");
            Block narrow = initialized(manager, TestModel.wide(7));
            assertThatThrownBy(() -> WeightInterpolation.apply(narrow, wide, alpha, narrow))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("of shape (7, 5), received: (9, 5)");
        }
        assertThatThrownBy(() -> WeightInterpolation.apply(null, null, 1.5f, null))
                .hasMessageContaining("in [0, 1]");
    }

    private static Block block(NDManager manager, int seed) {
        manager.getEngine().setRandomSeed(seed);
        return initialized(manager, TestModel.BATCH_NORM.newBlock());
    }

    private static Block initialized(NDManager manager, Block block) {
        block.initialize(manager, DataType.FLOAT32, new Shape(8, 5));
        return block;
    }
}
