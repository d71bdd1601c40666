package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.examples.checkpoint.Shipped;
import dev.tram.experiments.ModelCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PretrainCommandTest extends CommandTester {

    private Path pretrain(String name) {
        Path files = directory.resolve(name);
        assertThat(pretrain(files)).isZero();
        Path model = files.resolve("models").resolve("adam-0");
        assertThat(out.toString()).endsWith("Model: " + model + System.lineSeparator());
        return model.resolve("model.safetensors");
    }

    @Test
    void aMethodAndASeedNameTheModel() throws IOException {
        Path files = directory.resolve("sam");
        Path other = directory.resolve("other");
        assertThat(pretrain(files, "--method", "sam@rho=0.1", "--seed", "3")).isZero();
        assertThat(pretrain(other, "--method", "sam@rho=0.1", "--seed", "4")).isZero();
        Path model = files.resolve("models").resolve("sam@rho=0.1-3").resolve("model.safetensors");
        Path next = other.resolve("models").resolve("sam@rho=0.1-4").resolve("model.safetensors");
        assertThat(Files.mismatch(model, next)).isNotNegative();
        assertThat(pretrain(files, "--method", "sam@rho=0.1", "--seed", "4")).isEqualTo(2);
        assertThat(pretrain(directory.resolve("no"), "--method", "san")).isEqualTo(2);
        assertThat(pretrain(directory.resolve("no"), "--seed", "-1")).isEqualTo(2);
        assertThat(directory.resolve("no")).doesNotExist();
    }

    private int pretrain(Path files, String... options) {
        List<Object> words = new ArrayList<>(List.of("pretrain", "emoji-vit", "--steps", 1));
        words.addAll(List.of("--out", files));
        words.addAll(List.of(options));
        return tram(words.toArray());
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
