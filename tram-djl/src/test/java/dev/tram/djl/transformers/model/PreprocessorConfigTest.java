package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreprocessorConfigTest {

    @TempDir Path directory;

    private PreprocessorConfig read(String json) throws IOException {
        Files.writeString(directory.resolve("preprocessor_config.json"), json.replace('\'', '"'));
        return PreprocessorConfig.read(directory).orElseThrow();
    }

    @Test
    void readsBothSpellingsOfTheSize() throws IOException {
        String normalization = "'image_mean': [0.1, 0.2, 0.3], 'image_std': [0.4, 0.5, 0.6]";
        PreprocessorConfig expected =
                new PreprocessorConfig(
                        32,
                        32,
                        1 / 255f,
                        List.of(0.1f, 0.2f, 0.3f),
                        List.of(0.4f, 0.5f, 0.6f),
                        Resampling.BILINEAR);
        assertThat(read("{'size': 32, " + normalization + "}")).isEqualTo(expected);
        assertThat(read("{'size': {'height': 32, 'width': 32}, " + normalization + "}"))
                .isEqualTo(expected);
    }

    /** As the processors of CLIP, DINOv2 and DeiT write it. */
    @Test
    void readsTheEdgeAndTheMiddle() throws IOException {
        String crop = "'do_center_crop': true, 'crop_size': {'height': 16, 'width': 16}}";
        PreprocessorConfig edge = read("{'size': {'shortest_edge': 20}, " + crop);
        assertThat(edge.resize()).isEqualTo(new PreprocessorConfig.Resize(20, 20, true));
        assertThat(List.of(edge.height(), edge.width())).containsExactly(16, 16);
        assertThat(
                        read(
                                "{'image_processor_type': 'CLIPImageProcessor', 'size': 20, 'crop_size': 16}"))
                .isEqualTo(edge);
        assertThat(read("{'size': 20, " + crop).resize())
                .isEqualTo(new PreprocessorConfig.Resize(20, 20, false));
        assertThat(edge.withSize(32).resize())
                .isEqualTo(new PreprocessorConfig.Resize(40, 40, true));
        assertThat(read("{'size': 20}").withSize(32).resize())
                .isEqualTo(new PreprocessorConfig.Resize(32, 32, false));
    }

    @Test
    void leavesOutWhatIsSwitchedOff() throws IOException {
        assertThat(
                        read(
                                """
                                {'size': 8, 'do_rescale': false, 'rescale_factor': 0.5,
                                 'do_normalize': false, 'image_mean': [1, 1, 1],
                                 'image_std': [2, 2, 2]}
                                """))
                .isEqualTo(
                        new PreprocessorConfig(
                                8,
                                8,
                                1f,
                                List.of(0f, 0f, 0f),
                                List.of(1f, 1f, 1f),
                                Resampling.BILINEAR));
        assertThat(read("{'size': 8}").mean()).containsExactly(0.5f, 0.5f, 0.5f);
    }

    @Test
    void normalizesPerChannel() {
        PreprocessorConfig config =
                new PreprocessorConfig(
                        1, 2, 0.5f, List.of(1f, 2f), List.of(2f, 4f), Resampling.BICUBIC);
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray images =
                    manager.create(new float[] {0, 10, 20, 30}, new Shape(1, 2, 1, 2))
                            .toType(DataType.UINT8, true);
            assertThat(config.normalize(images).toFloatArray())
                    .containsExactly(new float[] {-0.5f, 2f, 2f, 3.25f}, within(1e-6f));
        }
    }

    @Test
    void isAbsentWithoutAFile() throws IOException {
        assertThat(PreprocessorConfig.read(directory)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    'size': 8, 'do_center_crop': true      | crop_size in preprocessor_config.json must be a number
                    'size': {'shortest_edge': 8}           | do_center_crop in preprocessor_config.json must be true beside size.shortest_edge
                    'size': {'shortest_edge': 8, 'longest_edge': 9} | size in preprocessor_config.json must be a number
                    'size': 8, 'crop_pct': 0.875           | crop_pct in preprocessor_config.json must be absent, received: 0.875
                    'size': 8, 'do_pad': true              | do_pad in preprocessor_config.json must be false
                    'size': 8, 'do_resize': false          | do_resize in preprocessor_config.json must be true
                    'size': 8, 'do_normalize': 'no'        | do_normalize in preprocessor_config.json must be true or false, received: "no"
                    'size': 8, 'image_std': [1, 0, 1]      | image_std must be a finite number > 0, received: 0.0
                    'size': 8, 'image_std': [1, 1]         | image_std in preprocessor_config.json must be 3 finite numbers, received: [1,1]
                    'size': 8, 'image_mean': [1, 2, 3, 4]  | image_mean in preprocessor_config.json must be 3 finite numbers
                    'size': 8, 'image_mean': ['a', 1, 2]   | received: ["a",1,2]
                    'size': 8, 'rescale_factor': 0         | rescale_factor in preprocessor_config.json must be a finite number > 0, received: 0.0
                    'size': 8, 'rescale_factor': 'x'       | received: NaN
                    'size': 8,                             | preprocessor_config.json is no JSON
                    """)
    void refusesByName(String json, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("{" + json + "}"))
                .withMessageContaining(message);
    }

    @Test
    void aSingleNumberIsThatOfAllChannels() throws IOException {
        PreprocessorConfig config = read("{'size': 8, 'image_mean': 0.25, 'image_std': 2}");
        assertThat(config.mean()).containsExactly(0.25f, 0.25f, 0.25f);
        assertThat(config.std()).containsExactly(2f, 2f, 2f);
    }

    @Test
    void nothingIsSaidByNull() throws IOException {
        String keys = "'resample': null, 'rescale_factor': null, 'image_mean': null";
        assertThat(read("{'size': 8, 'do_resize': null, " + keys + "}"))
                .isEqualTo(PreprocessorConfig.usual(8));
    }

    @Test
    void itsSizeIsTheModels() throws IOException {
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(
                    ReferenceModel.of("vit-tiny").directory().resolve(name),
                    directory.resolve(name));
        }
        PreprocessorConfig stored = read("{'size': {'height': 16, 'width': 32}}");
        Checkpoint checkpoint = Checkpoint.open(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(checkpoint::preprocessor)
                .withMessage(
                        "size in preprocessor_config.json must be image_size 16 of config.json,"
                                + " received: 16 x 32");
        assertThat(checkpoint.withImageSize(32).preprocessor()).hasValue(stored.withSize(32));
    }
}
