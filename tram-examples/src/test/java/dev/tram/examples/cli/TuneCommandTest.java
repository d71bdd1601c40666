package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.experiments.Json;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TuneCommandTest extends CommandTester {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    tune                                  | tram tune: an experiment is missing
                    tune vit                              | tram tune vit: --methods must be the methods to tune
                    tune vit --methods adam               | one with rho, scale, gamma or lambda
                    tune vit --methods sam --key sigma    | --key must be one of rho, scale
                    tune vit --methods sam --values 1     | values
                    tune vit --methods sam --values 2000000000 | values must be an integer <= 1000
                    tune vit --methods sam --first-steps 2000000000 | updates long
                    tune vit --methods sam --smallest 2 --largest 1 | at least the smallest
                    tune text --methods sam@rho=1         | one that leaves rho open
                    tune gpt2 --methods sam --first-steps 999 | updates long
                    tune xnli --methods none              | 'there is no method ''none'' '
                    vit --methods sam --values 3          | there is no option --values
                    """)
    void badInputIsOneLineAndWritesNothing(String options, String message) {
        Path target = directory.resolve("out");
        List<String> arguments = new ArrayList<>(Arrays.asList(options.split(" +", -1)));
        if (arguments.size() > 1) {
            arguments.addAll(List.of("--out", target.toString()));
        }
        assertThat(tram(arguments.toArray())).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains(message);
        assertThat(target).doesNotExist();
    }

    private Path checkpoint() throws IOException {
        Path checkpoint = directory.resolve("checkpoint");
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")).newBlock();
            model.initialize(manager, 1);
            model.save(checkpoint);
        }
        return checkpoint;
    }

    private Path images() throws IOException {
        Path data = directory.resolve("images");
        for (String split : List.of("train", "test")) {
            for (int label = 0; label < 2; label++) {
                Path folder = Files.createDirectories(data.resolve(split).resolve("c" + label));
                for (int number = 0; number < 16; number++) {
                    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
                    image.setRGB(number % 16, label * 8, 0xffffff);
                    ImageIO.write(image, "png", folder.resolve(number + ".png").toFile());
                }
            }
        }
        return data;
    }

    @Test
    void findsARadiusAndKeepsIt() throws IOException {
        Path run = directory.resolve("run");
        Path json = directory.resolve("found").resolve("tune.json");
        List<String> arguments =
                List.of(
                        "tune",
                        "vit",
                        "--checkpoint=" + checkpoint(),
                        "--data=" + images(),
                        "--image-size=16",
                        "--methods=sam,tram-x",
                        "--steps=18",
                        "--warmup=2",
                        "--batch=8",
                        "--values=3",
                        "--json=" + json,
                        "--out=" + run);
        assertThat(tram(arguments.toArray())).as(err.toString()).isZero();
        JsonNode found = Json.MAPPER.readTree(json.toFile());
        assertThat(found).hasSize(2);
        assertThat(found.get(0).get("use").asText()).startsWith("sam@rho=0.");
        assertThat(found.get(1).get("use").asText()).startsWith("tram-x@scale=");
        assertThat(found.get(0).get("points")).hasSize(6);
        assertThat(run.resolve("tune-sam.json")).exists();
        byte[] before = Files.readAllBytes(json);
        int code = tram("tune", "vit", "--resume=" + run, "--json=" + json);
        assertThat(code).as(err.toString()).isZero();
        assertThat(Files.readAllBytes(json)).isEqualTo(before);
        assertThat(tram("tune", "vit", "--resume=" + run, "--values=4")).isEqualTo(2);
        assertThat(err.toString()).contains("the options of tune beside --resume");
    }
}
