package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an experiment records of the model that its runs begin with. */
class StartingModelTest {

    @TempDir private Path directory;

    private ExperimentDirectory files;
    private Path model;

    @BeforeEach
    void writeAModel() throws IOException {
        files = new ExperimentDirectory(Files.createDirectories(directory.resolve("run")));
        model = model("model", "weights");
    }

    private Path model(String name, String weights) throws IOException {
        Path place = Files.createDirectories(directory.resolve(name));
        Files.writeString(place.resolve("config.json"), "{}");
        Files.writeString(place.resolve("model.safetensors"), weights);
        return place;
    }

    @Test
    void theRecordedModelIsFound() throws IOException {
        files.begin(model);
        assertThat(files.readPretrained().orElseThrow().locate()).isEqualTo(model);
        Files.writeString(model.resolve("README.md"), "not of the model");
        assertThat(files.readPretrained().orElseThrow().locate()).isEqualTo(model);
    }

    @Test
    void changedWeightsAndSettingsAreNoticed() throws IOException {
        files.begin(model);
        StartingModel recorded = files.readPretrained().orElseThrow();
        Files.writeString(model.resolve("model.safetensors"), "weights!");
        assertThatIllegalArgumentException()
                .isThrownBy(recorded::locate)
                .withMessageContaining("sha256 " + recorded.sha256());
        Files.writeString(model.resolve("model.safetensors"), "weights");
        assertThat(recorded.locate()).isEqualTo(model);
        Files.writeString(model.resolve("config.json"), "{ }");
        assertThatIllegalArgumentException().isThrownBy(recorded::locate);
    }

    @Test
    void runsAreNotMixedWithThoseOfAnotherModel() throws IOException {
        files.begin(model);
        Path other = model("other", "other weights");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> files.begin(other))
                .withMessageContaining("the one that its runs began with");
        Path moved = model("moved", "weights");
        files.begin(moved);
        assertThat(files.readPretrained().orElseThrow().locate()).isEqualTo(moved);
    }

    /** An experiment of an earlier version may have begun with any model. */
    @Test
    void nothingIsRecordedOnceRunsHaveBegun() throws IOException {
        Files.createDirectories(files.root().resolve("metrics"));
        files.begin(model);
        assertThat(files.readPretrained()).isEmpty();
    }
}
