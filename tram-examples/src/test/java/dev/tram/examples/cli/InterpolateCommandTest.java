package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterpolateCommandTest extends CommandTester {

    private Path model(String name, int width, int seed) throws IOException {
        Path checkpoint = directory.resolve(name);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = VitConfig.of(16, 8, width, 1, 2, List.of("a", "b")).newBlock();
            model.initialize(manager, seed);
            model.save(checkpoint);
        }
        return checkpoint;
    }

    private static float[] weights(Path checkpoint) throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            return Checkpoint.open(checkpoint)
                    .load(manager)
                    .getParameters()
                    .valueAt(0)
                    .getArray()
                    .toFloatArray();
        }
    }

    @Test
    void writesAModelPerShare() throws IOException {
        Path start = model("start", 16, 1);
        Path end = model("end", 16, 2);
        Path target = directory.resolve("out");
        int code =
                tram(
                        "interpolate",
                        "--from",
                        start,
                        "--to",
                        end,
                        "--alpha",
                        "0,0.25,1",
                        "--out",
                        target);
        assertThat(code).as(err.toString()).isZero();
        assertThat(weights(target.resolve("alpha-0.0"))).isEqualTo(weights(start));
        assertThat(weights(target.resolve("alpha-1.0"))).isEqualTo(weights(end));
        float[] first = weights(start);
        float[] last = weights(end);
        float[] between = weights(target.resolve("alpha-0.25"));
        for (int i = 0; i < between.length; i++) {
            assertThat(between[i]).isCloseTo(0.75f * first[i] + 0.25f * last[i], within(1e-6f));
        }
    }

    @Test
    void badInputIsOneLine() throws IOException {
        Path start = model("start", 16, 1);
        Path wide = model("wide", 24, 1);
        Path target = directory.resolve("out");
        String command = "interpolate";
        assertRefused(
                "[0, 1]", command, "--from", start, "--to", start, "--alpha", "2", "--out", target);
        assertRefused("of shape", command, "--from", start, "--to", wide, "--out", target);
        assertRefused("new or empty", command, "--from", start, "--to", start, "--out", start);
        assertThat(target).doesNotExist();
    }
}
