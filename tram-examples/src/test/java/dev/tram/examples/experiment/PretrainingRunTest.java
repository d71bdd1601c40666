package dev.tram.examples.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A killed training of a cached model. */
class PretrainingRunTest {

    private static final int STEPS = 20;
    private static final String KEY = "tiny";

    @TempDir private Path directory;

    private Path train(Path root, Counting progress) throws IOException {
        TinyTask task = new TinyTask(number -> number);
        ExperimentConfig config =
                new ExperimentConfig(
                        "pretraining",
                        "tiny",
                        Map.of(),
                        "cpu",
                        List.of("adam"),
                        1,
                        "",
                        Protocol.of(STEPS, 4, 1e-2f),
                        MethodSettings.PAPER);
        return new ModelCache(root)
                .resume(KEY, work -> new PretrainingRun(task, config).execute(work, progress));
    }

    /** It is saved after every second step. */
    @Test
    void goesOnWhereItWasSavedLastAndEndsWithTheSameModel() throws IOException {
        Path whole = train(directory.resolve("whole"), new Counting(Integer.MAX_VALUE));
        Path root = directory.resolve("killed");
        assertThatThrownBy(() -> train(root, new Counting(7))).isInstanceOf(Killed.class);
        assertThat(new ModelCache(root).contains(KEY)).isFalse();
        Counting rest = new Counting(Integer.MAX_VALUE);
        Path resumed = train(root, rest);
        assertThat(rest.skipped).isEqualTo(6);
        assertThat(rest.taken).isEqualTo(STEPS - 6);
        assertThat(resumed.resolve("model.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("model.safetensors"));
        assertThat(root).isDirectoryContaining(file -> file.endsWith(KEY));
        try (var files = Files.list(root)) {
            assertThat(files).containsExactly(resumed);
        }
    }

    /** Ends the process, as far as the training can tell, after some steps. */
    private static final class Counting implements Progress {

        private final int lifetime;
        private int taken;
        private int skipped;

        Counting(int lifetime) {
            this.lifetime = lifetime;
        }

        @Override
        public void skip(int count) {
            skipped += count;
        }

        @Override
        public void step(String label, StepRecord step) {
            taken++;
            if (taken == lifetime) {
                throw new Killed();
            }
        }

        @Override
        public void say(String line) {}

        @Override
        public void close() {}
    }

    private static final class Killed extends RuntimeException {

        private static final long serialVersionUID = 1;
    }
}
