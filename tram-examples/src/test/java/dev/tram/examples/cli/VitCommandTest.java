package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.examples.task.imagefolder.ImageFolderTask;
import dev.tram.experiments.ExperimentConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VitCommandTest {

    @TempDir private Path directory;

    /** The options of a run are absent where it is resumed. */
    @Test
    void theConfigurationAloneSaysWhichImagesThereAre() {
        ExperimentConfig bundled = ExperimentConfig.of(ExperimentConfig.preset("vit-small"), "it");
        ExperimentConfig own = bundled.with("inputs", Map.of(ImageFolderTask.DATA, "images"));
        assertThat(VitCommand.isBundled(bundled)).isTrue();
        assertThat(VitCommand.isBundled(own)).isFalse();
        assertThat(new VitCommand().targets(own)).containsExactly(own.target());
    }

    /** 200 epochs of 2 classes with 20 images each, or with 8, in batches of 64. */
    @Test
    void thePapersEpochsAreOfTheImagesThatAreKept() throws IOException {
        for (String folder : List.of("train/red", "train/blue", "test/red", "test/blue")) {
            write(Files.createDirectories(directory.resolve(folder)), 20);
        }
        assertThat(paperSteps()).isEqualTo(200 * 40 / 64);
        assertThat(paperSteps("--per-class=8")).isEqualTo(200 * 16 / 64);
    }

    private int paperSteps(String... more) throws IOException {
        List<String> options = new ArrayList<>(List.of(more));
        options.addAll(List.of("--preset=paper", "--checkpoint=emoji-vit", "--data=" + directory));
        return new GridExperiments().config("vit", options).protocol().steps();
    }

    private static void write(Path folder, int images) throws IOException {
        BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < images; i++) {
            ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
        }
    }

    @Test
    void runsOnEmojiBeginWithTheGivenModel() throws IOException {
        String model = directory.toString();
        ExperimentConfig config =
                new GridExperiments().config("vit", List.of("--checkpoint=" + model));
        assertThat(config.pretrained()).isEqualTo(model);
        assertThat(VitCommand.isBundled(config)).isTrue();
    }

    @Test
    void severalTargetsAreNamedByCommas() throws IOException {
        ExperimentConfig config =
                new GridExperiments().config("vit", List.of("--target=twemoji,digits"));
        assertThat(new VitCommand().targets(config)).containsExactly("twemoji", "digits");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--target=twemoji,letters | twemoji or digits, received: letters",
                "--target=digits,digits | --target must be targets that differ",
            })
    void targetsAreRefusedByName(String option, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GridExperiments().config("vit", List.of(option)))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"label_noise", "steps", "checkpoint", "nonsense"})
    void aFilesInputsAreOptionsOfTheCommand(String key) throws IOException {
        Path file = directory.resolve("mine.json");
        Files.writeString(file, "{\"inputs\": {\"" + key + "\": \"0.4\"}}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GridExperiments().config("vit", List.of("--config=" + file)))
                .withMessageContaining("mine.json: the keys of inputs must be some of data, ")
                .withMessageEndingWith("received: " + key);
        Files.writeString(file, "{\"inputs\": {\"label-noise\": \"0.4\"}}");
        assertThat(new GridExperiments().config("vit", List.of("--config=" + file)).inputs())
                .containsEntry("label-noise", "0.4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void aSwitchThatIsOffIsNoInput(String value) throws IOException {
        assertThat(
                        new GridExperiments()
                                .config(
                                        "vit",
                                        List.of("--label-noise=0.4", "--noisy-validation=" + value))
                                .inputs()
                                .containsKey("noisy-validation"))
                .isEqualTo(Boolean.parseBoolean(value));
    }
}
