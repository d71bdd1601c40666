package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class InterpolateCommandTest {

    @TempDir private Path directory;

    private final StringWriter err = new StringWriter();

    private int interpolate(Object... options) {
        CommandLine tram = Tram.commandLine();
        tram.setErr(new PrintWriter(err));
        return tram.execute(
                Stream.concat(
                                Stream.of("interpolate"),
                                Arrays.stream(options).map(Object::toString))
                        .toArray(String[]::new));
    }

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
        Path out = directory.resolve("out");
        int code = interpolate("--from", start, "--to", end, "--alpha", "0,0.25,1", "--out", out);
        assertThat(code).as(err.toString()).isZero();
        assertThat(weights(out.resolve("alpha-0.0"))).isEqualTo(weights(start));
        assertThat(weights(out.resolve("alpha-1.0"))).isEqualTo(weights(end));
        float[] first = weights(start);
        float[] last = weights(end);
        float[] between = weights(out.resolve("alpha-0.25"));
        for (int i = 0; i < between.length; i++) {
            assertThat(between[i]).isCloseTo(0.75f * first[i] + 0.25f * last[i], within(1e-6f));
        }
    }

    @Test
    void badInputIsOneLine() throws IOException {
        Path start = model("start", 16, 1);
        Path wide = model("wide", 24, 1);
        Path out = directory.resolve("out");
        assertBad(
                interpolate("--from", start, "--to", start, "--alpha", "2", "--out", out),
                "[0, 1]");
        assertBad(interpolate("--from", start, "--to", wide, "--out", out), "of shape");
        assertBad(interpolate("--from", start, "--to", start, "--out", start), "new or empty");
        assertThat(out).doesNotExist();
    }

    private void assertBad(int code, String message) {
        assertThat(code).as(err.toString()).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("tram interpolate: ").contains(message);
        err.getBuffer().setLength(0);
    }
}
