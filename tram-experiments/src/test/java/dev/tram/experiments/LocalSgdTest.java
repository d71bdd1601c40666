package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One run by several workers. */
class LocalSgdTest {

    private static final int STEPS = 6;

    @TempDir private Path directory;

    private final Task task = new TinyTask(number -> 1);

    private static ExperimentConfig config(String method, int batch, String base) {
        return TinyTask.config(List.of(method), 1, Protocol.of(STEPS, batch, 5e-2f))
                .with("base", base);
    }

    private float[] plain(String method, int batch, String base) throws IOException {
        ExperimentDirectory files = directory("plain");
        new Grid(task, config(method, batch, base), files)
                .run(new RunKey(method, 0), MortalProgress.immortal());
        return weights(files, method);
    }

    private float[] local(String name, String method, int workers, int localSteps, int batch)
            throws IOException {
        return local(name, method, workers, localSteps, batch, MortalProgress.immortal());
    }

    private float[] local(
            String name, String method, int workers, int localSteps, int batch, Progress progress)
            throws IOException {
        ExperimentConfig config = config(method, batch, method.equals("sgd") ? "sgd" : "adam");
        RunKey key = new RunKey(method, 0);
        ExperimentDirectory files = directory(name);
        LocalTraining training = LocalSgd.training(task, config, key);
        try (Rounds rounds = Rounds.inTurns(training, key.seed(), workers)) {
            new LocalSgd(task, config, files, key, localSteps, progress).run(rounds);
        }
        return weights(files, method);
    }

    private ExperimentDirectory directory(String name) throws IOException {
        Path root = Files.createDirectories(directory.resolve(name));
        return new ExperimentDirectory(root);
    }

    private static float[] weights(ExperimentDirectory files, String method) throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            Path model = files.model(new RunKey(method, 0));
            return TinyTask.weights(Checkpoint.open(model).load(manager));
        }
    }

    /** Two means of four examples are one of eight, but for rounding. */
    @Test
    void oneStepARoundBySgdIsTheGlobalBatch() throws IOException {
        float[] global = plain("sgd", 8, "sgd");
        assertThat(local("local", "sgd", 2, 1, 4)).containsExactly(global, within(1e-6f));
        assertThat(local("whole", "sgd", 1, 1, 8)).containsExactly(global, within(1e-6f));
        assertThat(local("longer", "sgd", 2, 3, 4))
                .satisfies(
                        longer -> {
                            double difference = 0;
                            for (int i = 0; i < longer.length; i++) {
                                difference = Math.max(difference, Math.abs(longer[i] - global[i]));
                            }
                            assertThat(difference)
                                    .as("three local steps are another training")
                                    .isGreaterThan(1e-5);
                        });
    }

    /** One worker's rounds are the plain run with a savepoint after each. */
    @ParameterizedTest
    @ValueSource(strings = {"adam", "sam", "tram-previous", "mesa", "msam"})
    void oneWorkerIsThePlainRun(String method) throws IOException {
        float[] plain = plain(method, 4, "adam");
        assertThat(local("local", method, 1, 2, 4)).containsExactly(plain, within(1e-6f));
    }

    @Test
    void aLostTrainingGoesOnAfterItsLastRound() throws IOException {
        float[] whole = local("whole", "tram-previous", 2, 2, 4);
        MortalProgress progress = new MortalProgress(4);
        try {
            local("lost", "tram-previous", 2, 2, 4, progress);
        } catch (MortalProgress.Killed e) {
            assertThat(progress.steps()).isEqualTo(4);
        }
        MortalProgress rest = MortalProgress.immortal();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> local("lost", "tram-previous", 3, 2, 4, rest))
                .withMessageContaining(
                        "workers and local steps of a run that goes on must be 2 and 2")
                .withMessageContaining("received: 3 and 2");
        assertThat(local("lost", "tram-previous", 2, 2, 4, rest)).containsExactly(whole);
        assertThat(rest.steps()).isEqualTo(STEPS - 2);
        Path rounds = directory("whole").rounds(new RunKey("tram-previous", 0));
        assertThat(Files.readAllLines(rounds))
                .hasSize(STEPS / 2)
                .allMatch(line -> line.matches(".*\"bytes_sent\":\\d{4,},.*"));
    }

    /** A worker that took other steps before goes on as a new one does, bit for bit. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "adam",
                "sam",
                "looksam",
                "tram-previous",
                "tram-pretrained",
                "tram-pretrained-cached",
                "mesa",
                "msam",
                "friendly-sam"
            })
    void aRoundDependsOnItsWorkerAndStateAlone(String method) throws IOException {
        LocalTraining training =
                LocalSgd.training(task, config(method, 4, "adam"), new RunKey(method, 0));
        WorkerBatches own = new WorkerBatches(1, 2);
        Optional<Path> from = Optional.of(directory.resolve("from"));
        byte[] expected;
        try (LocalTrainer trainer = new LocalTrainer(training, 0)) {
            WorkerRound first = trainer.round(own, Optional.empty(), 0, 3);
            Files.write(from.orElseThrow(), first.state());
            expected = trainer.round(own, from, 3, 6).state();
            trainer.round(new WorkerBatches(0, 2), Optional.empty(), 0, 5);
            assertThat(trainer.round(own, from, 3, 6).state()).isEqualTo(expected);
            assertThat(trainer.round(new WorkerBatches(0, 2), from, 3, 6).state())
                    .isNotEqualTo(expected);
            assertThat(trainer.round(own, from, 3, 6).state()).isEqualTo(expected);
            assertThat(trainer.round(own, Optional.empty(), 0, 3).state()).isEqualTo(first.state());
        }
        try (LocalTrainer other = new LocalTrainer(training, 0)) {
            assertThat(other.round(own, from, 3, 6).state()).isEqualTo(expected);
        }
    }

    @Test
    void theOrderOfMessagesDoesNotMatter() throws IOException {
        LocalTraining training =
                LocalSgd.training(task, config("sam", 4, "adam"), new RunKey("sam", 0));
        List<WorkerRound> parts = new ArrayList<>();
        try (LocalTrainer trainer = new LocalTrainer(training, 0)) {
            for (int worker = 0; worker < 3; worker++) {
                parts.add(trainer.round(new WorkerBatches(worker, 3), Optional.empty(), 0, 2));
            }
        }
        Path one = directory.resolve("one");
        Path other = directory.resolve("other");
        Round.of(parts).state().write(one);
        Collections.reverse(parts);
        Round.of(parts).state().write(other);
        assertThat(other).hasSameBinaryContentAs(one);
    }

    @Test
    void averagesOfWeightsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> local("ema", "ema", 2, 2, 4))
                .withMessageContaining("a run of several workers must be one whose result");
    }
}
