package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.examples.checkpoint.Shipped;
import dev.tram.examples.experiment.ModelCache;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class PretrainCommandTest {

    @TempDir private Path directory;

    private final StringWriter out = new StringWriter();

    private Path pretrain(String name) {
        Path files = directory.resolve(name);
        CommandLine tram = Tram.commandLine();
        tram.setOut(new PrintWriter(out));
        String[] command = {"pretrain", "emoji-vit", "--steps", "1", "--out", files.toString()};
        assertThat(tram.execute(command)).isZero();
        Path model = files.resolve("models").resolve("adam-0");
        assertThat(out.toString()).endsWith("Model: " + model + System.lineSeparator());
        return model.resolve("model.safetensors");
    }

    /** On one machine. */
    @Test
    void theSameCommandGivesTheSameBits() throws IOException {
        Path first = pretrain("first");
        assertThat(pretrain("second")).hasSameBinaryContentAs(first);
        Path shipped = Shipped.EMOJI_VIT.directory(new ModelCache(directory.resolve("cache")));
        assertThat(Files.mismatch(first, shipped.resolve("model.safetensors"))).isNotNegative();
    }
}
