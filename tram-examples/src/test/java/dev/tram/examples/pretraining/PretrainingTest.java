package dev.tram.examples.pretraining;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.examples.checkpoint.Shipped;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Metrics;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.StepRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.output.NullPrintStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pretrainings, cut short. */
@Tag("slow")
class PretrainingTest {

    private static final RunKey KEY = new RunKey("adam", 0);

    @TempDir private Path directory;

    private Path train(Shipped model, int steps, int batch, String name) throws IOException {
        ObjectNode json = ExperimentConfig.preset(model.toString());
        json.put("steps", steps).put("batch", batch).put("warmup", 0).put("save_every", 0);
        Path root = Files.createDirectories(directory.resolve(name));
        return new Pretraining(ExperimentConfig.of(json, "test"))
                .run(root, NullPrintStream.INSTANCE);
    }

    /** The files of the shipped model, with other weights, the same each time. */
    @ParameterizedTest
    @EnumSource
    void theSameCommandGivesTheSameBits(Shipped model) throws IOException {
        Path first = train(model, 2, 2, "first");
        Path second = train(model, 2, 2, "second");
        for (String file : List.of("config.json", "model.safetensors")) {
            assertThat(second.resolve(file)).hasSameBinaryContentAs(first.resolve(file));
        }
        assertThat(Files.exists(first.resolve("tokenizer.json")))
                .isEqualTo(model != Shipped.EMOJI_VIT);
        assertThat(ExperimentConfig.preset(model.toString()).get("target").asText())
                .isEqualTo(model.toString());
    }

    @Test
    void aFinishedPretrainingIsNotRepeated() throws IOException {
        Path model = train(Shipped.EMOJI_VIT, 1, 2, "run");
        var time = Files.getLastModifiedTime(model.resolve("model.safetensors"));
        assertThat(train(Shipped.EMOJI_VIT, 1, 2, "run")).isEqualTo(model);
        assertThat(Files.getLastModifiedTime(model.resolve("model.safetensors"))).isEqualTo(time);
    }

    @Test
    void theLossOfMaskedTokensFalls() throws IOException {
        train(Shipped.DECLARATION_ENCODER, 40, 32, "declaration");
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("declaration"));
        List<StepRecord> steps = Metrics.read(files.metrics(KEY));
        assertThat(steps.get(39).validation()).isLessThan(steps.get(4).validation() - 0.2);
    }
}
