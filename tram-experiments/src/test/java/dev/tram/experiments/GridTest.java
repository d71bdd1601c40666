package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole grids of a very small model. */
class GridTest {

    private static final List<String> METHODS = List.of("adam", "tram-previous", "tram-x");
    private static final int STEPS = 6;

    @TempDir private Path directory;

    @Test
    void theSameSeedGivesTheSameBits() throws IOException {
        ExperimentDirectory first = new ExperimentDirectory(directory.resolve("a"));
        ExperimentDirectory second = new ExperimentDirectory(directory.resolve("b"));
        grid(first, 0).run(MortalProgress.immortal());
        grid(second, 0).run(MortalProgress.immortal());
        assertThat(outcome(second)).isEqualTo(outcome(first));
        assertThat(Files.readAllBytes(weights(first, "adam", 0)))
                .isNotEqualTo(Files.readAllBytes(weights(first, "adam", 1)))
                .isNotEqualTo(Files.readAllBytes(weights(first, "tram-x", 0)));
    }

    /** A run that dies at any step, resumed, ends as one that did not, in every file. */
    @Test
    void aResumedGridEndsAsAnUninterruptedOne() throws IOException {
        ExperimentDirectory whole = new ExperimentDirectory(directory.resolve("whole"));
        grid(whole, 2).run(MortalProgress.immortal());
        ExperimentDirectory broken = new ExperimentDirectory(directory.resolve("broken"));
        int total = METHODS.size() * 2 * STEPS;
        int done = 0;
        for (int lifetime : new int[] {1, 4, 9, 3, 2}) {
            MortalProgress progress = new MortalProgress(lifetime);
            assertThatThrownBy(() -> grid(broken, 2).run(progress))
                    .isInstanceOf(MortalProgress.Killed.class);
            done = Math.max(done, progress.skipped());
        }
        assertThat(done).isPositive();
        MortalProgress last = MortalProgress.immortal();
        grid(broken, 2).run(last);
        assertThat(last.steps()).isLessThan(total);
        assertThat(last.steps() + last.skipped()).isEqualTo(total);
        assertThat(outcome(broken)).isEqualTo(outcome(whole));
        assertThat(broken.root().resolve("checkpoints")).doesNotExist();
        for (String method : METHODS) {
            RunKey key = new RunKey(method, 0);
            assertThat(Metrics.read(broken.metrics(key)))
                    .usingRecursiveComparison()
                    .ignoringFields("milliseconds")
                    .withEqualsForType(Double::equals, Double.class)
                    .isEqualTo(Metrics.read(whole.metrics(key)));
        }
    }

    @Test
    void aFinishedGridIsNotRepeated() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory);
        grid(files, 0).run(MortalProgress.immortal());
        Map<String, String> before = outcome(files);
        MortalProgress again = MortalProgress.immortal();
        grid(files, 0).run(again);
        assertThat(again.steps()).isZero();
        assertThat(outcome(files)).isEqualTo(before);
    }

    private static Grid grid(ExperimentDirectory files, int saveEvery) throws IOException {
        Files.createDirectories(files.root());
        ExperimentConfig config =
                TinyTask.config(METHODS, 2, Protocol.of(STEPS, 4, 1e-2f))
                        .with("save_every", saveEvery);
        return new Grid(new TinyTask(number -> 1), config, files);
    }

    private static Path weights(ExperimentDirectory files, String method, int seed) {
        return files.model(new RunKey(method, seed)).resolve("model.safetensors");
    }

    /** results.json and all files of models/, by name. */
    private static Map<String, String> outcome(ExperimentDirectory files) throws IOException {
        Map<String, String> outcome = new TreeMap<>();
        outcome.put("results.json", hex(files.results()));
        Path models = files.root().resolve("models");
        try (Stream<Path> all = Files.walk(models)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                outcome.put(models.relativize(file).toString(), hex(file));
            }
        }
        return outcome;
    }

    private static String hex(Path file) throws IOException {
        return HexFormat.of().formatHex(Files.readAllBytes(file));
    }
}
