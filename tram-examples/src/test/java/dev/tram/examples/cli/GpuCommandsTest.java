package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import java.awt.Color;
import java.awt.Graphics;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line on {@code gpu0}. */
@Tag("gpu")
class GpuCommandsTest extends CommandTester {

    private static final Map<String, Color> CLASSES =
            Map.of("blue", Color.BLUE, "green", Color.GREEN, "red", Color.RED);

    @BeforeEach
    void theEngineTakesTheGpu() {
        assertThat(Engine.getInstance().defaultDevice()).isEqualTo(Device.gpu(0));
    }

    private void execute(Object... arguments) {
        assertThat(tram(arguments)).as(err.toString()).isZero();
        assertThat(err.toString()).isEmpty();
    }

    private Path checkpoint() throws IOException {
        Path checkpoint = directory.resolve("checkpoint");
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")).newBlock();
            model.initialize(manager);
            model.save(checkpoint);
        }
        return checkpoint;
    }

    private Path images() throws IOException {
        Path data = directory.resolve("images");
        for (String split : List.of("train", "test")) {
            for (Map.Entry<String, Color> entry : CLASSES.entrySet()) {
                Path folder = data.resolve(split).resolve(entry.getKey());
                Files.createDirectories(folder);
                for (int number = 0; number < 8; number++) {
                    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
                    Graphics graphics = image.getGraphics();
                    graphics.setColor(entry.getValue());
                    graphics.fillRect(number, 0, 16, 16);
                    graphics.dispose();
                    ImageIO.write(image, "png", folder.resolve(number + ".png").toFile());
                }
            }
        }
        return data;
    }

    @Test
    void trainsAndPredicts() throws IOException {
        Path data = images();
        Path run = directory.resolve("run");
        execute(
                "vit",
                "--device=gpu0",
                "--checkpoint=" + checkpoint(),
                "--data=" + data,
                "--image-size=16",
                "--methods=adam,tram-previous,tram-pretrained-cached",
                "--seeds=1",
                "--steps=4",
                "--batch=8",
                "--save-every=2",
                "--out=" + run);
        assertThat(run.resolve("report.html")).isNotEmptyFile();
        Path image = data.resolve("test").resolve("red").resolve("0.png");
        for (String device : List.of("gpu0", "cpu")) {
            execute(
                    "predict",
                    "--device=" + device,
                    "--checkpoint=" + run.resolve("models").resolve("tram-previous-0"),
                    "--image=" + image);
        }
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.subList(lines.size() - 3, lines.size()))
                .isEqualTo(lines.subList(lines.size() - 6, lines.size() - 3))
                .allMatch(line -> line.matches(" *[0-9.]+ %  (blue|green|red)"));
    }

    /** With the models that come along; TABLE stands for a table of short texts. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "text --checkpoint=declaration-encoder --data=TABLE --text=a --label=b",
                "xnli --max-tokens=16",
                "gpt2 --test-blocks=1"
            })
    void trainsOnTexts(String command) throws IOException {
        Path run = directory.resolve("run");
        StringBuilder table = new StringBuilder("a,b\n");
        for (int row = 0; row < 60; row++) {
            table.append("text ").append(row).append(row % 2 == 0 ? ",even\n" : ",odd\n");
        }
        Path file = Files.writeString(directory.resolve("table.csv"), table);
        String given = command.replace("TABLE", file.toString());
        List<String> arguments = new ArrayList<>(List.of(given.split(" ", -1)));
        arguments.addAll(
                List.of(
                        "--device=gpu0",
                        "--methods=tram-previous,msam",
                        "--seeds=1",
                        "--steps=3",
                        "--batch=4",
                        "--evaluate-every=3",
                        "--out=" + run));
        execute(arguments.toArray());
        assertThat(run.resolve("report.html")).isNotEmptyFile();
        assertThat(run.resolve("table.csv")).content().contains("tram-previous", "msam");
    }
}
