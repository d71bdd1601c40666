package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Resizing against Pillow, whose results are in the test resources. */
class ResamplingTest {

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private static BufferedImage image(String name) throws IOException {
        return ImageIO.read(ResamplingTest.class.getResource("pillow/" + name + ".png"));
    }

    /** Values from 0 to 255, resized to the given size. */
    private NDArray pixels(BufferedImage image, int width, int height, Resampling resampling) {
        List<Float> zeros = Collections.nCopies(3, 0f);
        List<Float> ones = Collections.nCopies(3, 1f);
        return new PreprocessorConfig(height, width, 1f, zeros, ones, resampling)
                .prepare(manager, image);
    }

    private NDArray pixels(BufferedImage image) {
        return pixels(image, image.getWidth(), image.getHeight(), Resampling.BILINEAR);
    }

    @ParameterizedTest
    @CsvSource({
        "bilinear, 8, 8, BILINEAR",
        "bilinear, 40, 30, BILINEAR",
        "bicubic, 8, 8, BICUBIC",
        "bicubic, 40, 30, BICUBIC",
        "lanczos, 8, 8, LANCZOS",
        "lanczos, 40, 30, LANCZOS"
    })
    void agreesWithPillow(String name, int width, int height, Resampling resampling)
            throws IOException {
        NDArray expected = pixels(image(name + "-" + width + "x" + height));
        NDArray actual = pixels(image("picture"), width, height, resampling);
        assertThat(actual.getShape()).isEqualTo(new Shape(1, 3, height, width));
        assertThat(actual.toFloatArray()).isEqualTo(expected.toFloatArray());
    }

    /** Cut out of what Pillow resized as Hugging Face's center_crop does, with a black margin. */
    @ParameterizedTest
    @CsvSource({
        "shortest10-crop8x8, 10, true",
        "shortest10-crop13x12, 10, true",
        "shortest10-crop15x9, 10, true",
        "tall-shortest10-crop9x16, 10, true",
        "square12-crop7x7, 12, false"
    })
    void theMiddleIsCutOut(String name, int edge, boolean keepsRatio) throws IOException {
        BufferedImage expected = image(name);
        BufferedImage picture = image("picture");
        PreprocessorConfig config =
                new PreprocessorConfig(
                        expected.getHeight(),
                        expected.getWidth(),
                        new PreprocessorConfig.Resize(edge, edge, keepsRatio),
                        1f,
                        Collections.nCopies(3, 0f),
                        Collections.nCopies(3, 1f),
                        Resampling.BILINEAR);
        NDArray actual =
                config.prepare(manager, name.startsWith("tall") ? transposed(picture) : picture);
        assertThat(actual.toFloatArray()).isEqualTo(pixels(expected).toFloatArray());
    }

    private static BufferedImage transposed(BufferedImage image) {
        BufferedImage transposed =
                new BufferedImage(image.getHeight(), image.getWidth(), BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < image.getWidth(); x++) {
            for (int y = 0; y < image.getHeight(); y++) {
                transposed.setRGB(y, x, image.getRGB(x, y));
            }
        }
        return transposed;
    }

    @ParameterizedTest
    @EnumSource
    void keepsAnImageOfTheRightSize(Resampling resampling) throws IOException {
        BufferedImage picture = image("picture");
        int[] rgb = picture.getRGB(0, 0, 23, 17, null, 0, 23);
        float[] pixels = pixels(picture, 23, 17, resampling).toFloatArray();
        for (int i = 0; i < rgb.length; i++) {
            Color colour = new Color(rgb[i]);
            assertThat(pixels[i]).isEqualTo(colour.getRed());
            assertThat(pixels[rgb.length + i]).isEqualTo(colour.getGreen());
            assertThat(pixels[2 * rgb.length + i]).isEqualTo(colour.getBlue());
        }
    }

    @Test
    void grayIsAsBrightAsItsValueUpToWhiteAndAlphaIsLeftAside() throws IOException {
        BufferedImage gray = image("gray");
        float[] pixels = pixels(gray).toFloatArray();
        int[] stored = gray.getRaster().getPixels(0, 0, 23, 17, (int[]) null);
        for (int i = 0; i < stored.length; i++) {
            assertThat(pixels[i]).isCloseTo(stored[i], within(1f));
            assertThat(pixels[2 * stored.length + i]).isEqualTo(pixels[i]);
        }
        BufferedImage clear = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        clear.setRGB(0, 0, 0xFF102030);
        clear.setRGB(1, 0, 0x00405060);
        assertThat(pixels(clear).toFloatArray()).containsExactly(16, 64, 32, 80, 48, 96);
        BufferedImage wide = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        wide.getRaster().setPixels(0, 0, 2, 1, new int[] {64, 0x40FF});
        assertThat(pixels(wide).toFloatArray()).containsExactly(64, 255, 64, 255, 64, 255);
    }

    private static Resampling of(String json) throws IOException {
        return Resampling.of(CheckpointDirectory.MAPPER.readTree(json));
    }

    @Test
    void refusesOtherFilters() throws IOException {
        assertThat(of("1")).isEqualTo(Resampling.LANCZOS);
        assertThat(of("2")).isEqualTo(Resampling.BILINEAR);
        assertThat(of("3")).isEqualTo(Resampling.BICUBIC);
        for (String other : List.of("0", "2.5", "\"bicubic\"")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> of(other))
                    .withMessage(
                            "resample in preprocessor_config.json must be 1 (Lanczos), 2 (bilinear)"
                                    + " or 3 (bicubic), received: "
                                    + other);
        }
    }
}
