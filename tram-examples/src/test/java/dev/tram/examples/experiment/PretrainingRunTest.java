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

    private Path train(Path root, MortalProgress progress) throws IOException {
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
        Path whole = train(directory.resolve("whole"), new MortalProgress(Integer.MAX_VALUE));
        Path root = directory.resolve("killed");
        assertThatThrownBy(() -> train(root, new MortalProgress(7)))
                .isInstanceOf(MortalProgress.Killed.class);
        assertThat(new ModelCache(root).contains(KEY)).isFalse();
        MortalProgress rest = new MortalProgress(Integer.MAX_VALUE);
        Path resumed = train(root, rest);
        assertThat(rest.skipped()).isEqualTo(6);
        assertThat(rest.steps()).isEqualTo(STEPS - 6);
        assertThat(resumed.resolve("model.safetensors"))
                .hasSameBinaryContentAs(whole.resolve("model.safetensors"));
        assertThat(root).isDirectoryContaining(file -> file.endsWith(KEY));
        try (var files = Files.list(root)) {
            assertThat(files).containsExactly(resumed);
        }
    }
}
