package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.task.imagefolder.ImageFolderTask;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VitCommandTest {

    /** The options of a run are absent where it is resumed. */
    @Test
    void theConfigurationAloneSaysWhichImagesThereAre() {
        ExperimentConfig bundled = ExperimentConfig.of(ExperimentConfig.preset("vit-small"), "it");
        ExperimentConfig own = bundled.with("inputs", Map.of(ImageFolderTask.DATA, "images"));
        assertThat(VitCommand.isBundled(bundled)).isTrue();
        assertThat(VitCommand.isBundled(own)).isFalse();
        assertThat(new VitCommand().targets(own)).containsExactly(own.target());
    }
}
