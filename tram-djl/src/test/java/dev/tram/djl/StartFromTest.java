package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.training.optimizer.Optimizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A method that goes on where the base optimizer alone stopped. */
class StartFromTest {

    private static final int BEFORE = 3;
    private static final int STEPS = 7;

    @TempDir private Path folder;

    private static TramOptimizer.Builder method(String name) {
        return Training.method(name, Training.adam());
    }

    private Path plain(TramOptimizer.Builder builder, int batches) throws IOException {
        Path file = folder.resolve("plain");
        try (Training training = new Training(TestModel.MLP, builder.build())) {
            training.steps(0, batches);
            training.tram.save(file);
        }
        return file;
    }

    /** The same bits as if the schedule had held the ascents back; θ_0 is from before all. */
    @ParameterizedTest
    @ValueSource(strings = {"sam", "gsam", "friendly-sam", "msam", "tram-pretrained"})
    void isTheRunWhoseScheduleBeginsThere(String name) throws IOException {
        Method late = Training.ascending(name).with(HyperParameter.FROM, BEFORE);
        Map<String, float[]> whole;
        try (Training training =
                new Training(
                        TestModel.MLP,
                        late.builder()
                                .setBaseOptimizer(Training.adam())
                                .optParameterFilter(parameter -> true)
                                .build())) {
            training.steps(0, STEPS);
            whole = training.weights();
        }
        Path file = plain(method("adam"), BEFORE);
        try (Training training = new Training(TestModel.MLP, method(name).build())) {
            training.tram.startFrom(file);
            training.steps(BEFORE, STEPS);
            Training.assertSameBits(training.weights(), whole);
            assertThat(training.tram.lastStep().kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    /** A start is no state of its own: what is saved after it resumes as ever. */
    @Test
    void goesOnFromItsOwnSavepoint() throws IOException {
        Path file = plain(method("adam"), BEFORE);
        Path own = folder.resolve("own");
        Map<String, float[]> whole;
        try (Training training = new Training(TestModel.MLP, method("tram-pretrained").build())) {
            training.tram.startFrom(file);
            training.steps(BEFORE, 5);
            training.tram.save(own);
            training.steps(5, STEPS);
            whole = training.weights();
        }
        try (Training training = new Training(TestModel.MLP, method("tram-pretrained").build())) {
            training.tram.load(own);
            training.steps(5, STEPS);
            Training.assertSameBits(training.weights(), whole);
        }
    }

    private static void assertRefused(TramOptimizer tram, Path file, String... message) {
        try (Training training = new Training(TestModel.MLP, tram)) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.tram.startFrom(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(message);
            Training.assertSameBits(training.weights(), before);
        }
    }

    @Test
    void onlyAPlainRunOfTheSameBaseIsAStart() throws IOException {
        assertRefused(method("asam").build(), plain(method("sam"), BEFORE), "must have ascent");
        assertRefused(method("sam").build(), plain(method("mesa"), BEFORE), "must have penalty");
        Optimizer sgd = Training.sgd();
        TramOptimizer other = Training.method("sam", sgd).build();
        assertRefused(other, plain(method("adam"), BEFORE), "must have base");
    }

    @Test
    void anIncompleteGroupIsNoStart() throws IOException {
        Path file = plain(method("adam").optAccumulationSteps(2), BEFORE);
        assertRefused(
                method("sam").optAccumulationSteps(2).build(), file, "group_batches", "0", "1");
    }
}
