package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelSettingsTest {

    private static final int CLASSES = 3;
    private static final int SIZE = 200;

    /** Examples whose input is their number; augmented, its negative. */
    private record Numbers(int size) implements Examples {

        @Override
        public int label(int item) {
            return item % 10 == 0 ? 0 : 1 + item % 2;
        }

        @Override
        public int length(int item) {
            return item + 1;
        }

        @Override
        public Prepared prepare(int... items) {
            return batch(1, items);
        }

        @Override
        public Prepared augment(Random random, int... items) {
            return batch(-1, items);
        }

        private Prepared batch(int sign, int... items) {
            float[] numbers = new float[items.length];
            IntStream.range(0, items.length).forEach(i -> numbers[i] = sign * items[i]);
            long[] labels = IntStream.of(items).mapToLong(this::label).toArray();
            return manager ->
                    Batches.of(
                            manager,
                            new NDList(manager.create(numbers)),
                            new NDList(manager.create(labels)),
                            items.length);
        }
    }

    private static final Examples CLEAN = new Numbers(SIZE);

    private static int[] labels(Examples examples) {
        return IntStream.range(0, examples.size()).map(examples::label).toArray();
    }

    private static long wrong(Examples examples) {
        return IntStream.range(0, examples.size())
                .filter(item -> examples.label(item) != CLEAN.label(item))
                .count();
    }

    private static Examples training(String noise, long seed) {
        return LabelSettings.of(Map.of(LabelSettings.NOISE, noise)).training(CLEAN, CLASSES, seed);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0.2, 40", "0.4, 80", "0.999, 200"})
    void exactlyTheShareIsWrongAndEachLabelIsAClass(String noise, int expected) {
        for (long seed = 0; seed < 5; seed++) {
            Examples noisy = training(noise, seed);
            assertThat(wrong(noisy)).isEqualTo(expected);
            assertThat(labels(noisy)).containsAnyOf(0, 1, 2).doesNotContain(-1, CLASSES);
        }
    }

    /** Wrong labels are spread over both other classes. */
    @Test
    void everyOtherClassIsAsLikely() {
        Examples noisy = training("0.9", 1);
        long zeros =
                IntStream.range(0, SIZE)
                        .filter(item -> CLEAN.label(item) != 0 && noisy.label(item) == 0)
                        .count();
        assertThat(zeros).isBetween(60L, 105L);
    }

    @Test
    void theSeedDecidesWhichLabelsAreWrong() {
        assertThat(labels(training("0.4", 3))).isEqualTo(labels(training("0.4", 3)));
        assertThat(labels(training("0.4", 3))).isNotEqualTo(labels(training("0.4", 4)));
    }

    @Test
    void withoutNoiseNothingIsChanged() {
        assertThat(LabelSettings.ALL.training(CLEAN, CLASSES, 1)).isSameAs(CLEAN);
        assertThat(LabelSettings.ALL.validation(CLEAN, CLASSES, 1)).isSameAs(CLEAN);
    }

    @Test
    void validationIsRightUnlessItIsAskedToBeWrong() {
        LabelSettings right = new LabelSettings(0.4f, false, 0);
        assertThat(right.validation(CLEAN, CLASSES, 2)).isSameAs(CLEAN);
        Examples noisy = right.judgedBy(true).validation(CLEAN, CLASSES, 2);
        assertThat(wrong(noisy)).isEqualTo(80);
        assertThat(labels(noisy)).isNotEqualTo(labels(right.training(CLEAN, CLASSES, 2)));
        assertThat(right.judgedBy(false)).isEqualTo(right);
    }

    /** The inputs are the kept examples', augmented or not, with the labels of these. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fewExamplesOfEachClassAreKept(boolean augmented) {
        Examples few = new LabelSettings(0.5f, false, 4).training(CLEAN, CLASSES, 7);
        assertThat(few.size()).isEqualTo(12);
        int[] items = IntStream.range(0, few.size()).toArray();
        int[] right = new int[items.length];
        try (NDManager manager = NDManager.newBaseManager()) {
            Examples.Prepared prepared =
                    augmented ? few.augment(new Random(1), items) : few.prepare(items);
            try (Batch batch = prepared.on(manager.newSubManager())) {
                float[] inputs = batch.getData().head().toFloatArray();
                long[] labels = batch.getLabels().head().toLongArray();
                for (int item : items) {
                    int number = (int) (augmented ? -inputs[item] : inputs[item]);
                    right[item] = CLEAN.label(number);
                    assertThat(few.length(item)).isEqualTo(number + 1);
                    assertThat(labels[item]).isEqualTo(few.label(item));
                }
            }
        }
        for (int label = 0; label < CLASSES; label++) {
            int counted = label;
            assertThat(IntStream.of(right).filter(one -> one == counted).count()).isEqualTo(4);
        }
        assertThat(IntStream.of(items).filter(i -> few.label(i) != right[i]).count()).isEqualTo(6);
    }

    @Test
    void theSeedDecidesWhichExamplesAreKept() {
        LabelSettings few = new LabelSettings(0, false, 4);
        IntStream lengths = IntStream.range(0, 12);
        Examples first = few.training(CLEAN, CLASSES, 1);
        Examples second = few.training(CLEAN, CLASSES, 2);
        assertThat(lengths.anyMatch(item -> first.length(item) != second.length(item))).isTrue();
    }

    @Test
    void refusesMoreThanAClassHas() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                new LabelSettings(0, false, 21)
                                        .requireFit(CLEAN, List.of("a", "b", "c")))
                .withMessageContaining(
                        "--per-class must be at most 20, the training examples of a");
        new LabelSettings(0, false, 20).requireFit(CLEAN, List.of("a", "b", "c"));
    }

    @ParameterizedTest
    @CsvSource({
        "label-noise, 1, --label-noise",
        "label-noise, -0.1, --label-noise",
        "label-noise, x, --label-noise",
        "per-class, 0, --per-class",
        "noisy-validation, true, --noisy-validation must be given with --label-noise above 0",
    })
    void refusesWhatIsOutOfRange(String key, String value, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LabelSettings.of(Map.of(key, value)))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"gpt2, label-noise, 0.5", "xnli, per-class, 5"})
    void refusesExperimentsWhoseLabelsAreNotRead(String experiment, String key, String value) {
        ExperimentConfig config =
                ExperimentConfig.of(ExperimentConfig.preset(experiment + "-small"), "it");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config.with("inputs", Map.of(key, value)))
                .withMessageContaining("inputs must be without label-noise");
    }

    @Test
    void noisyEarlyStoppingNeedsNoise() {
        ExperimentConfig config = ExperimentConfig.of(ExperimentConfig.preset("vit-small"), "it");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config.with("methods", List.of("best-noisy")))
                .withMessageContaining("--methods must be without best-noisy");
        ExperimentConfig noisy = config.with("inputs", Map.of(LabelSettings.NOISE, "0.2"));
        assertThat(noisy.with("methods", List.of("best-noisy")).stopsEarly("best-noisy")).isTrue();
    }
}
