package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tram.djl.transformers.dataset.ImageDecoder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the resources are written by Pillow, and by Python from PNG's definition. */
class ImageDecoderTest {

    private static Path resource(String name) throws Exception {
        return Path.of(ImageDecoderTest.class.getResource("pixels/" + name).toURI());
    }

    private static Iterable<Map.Entry<String, JsonNode>> expected() throws Exception {
        return new JsonMapper().readTree(resource("expected.json").toFile()).properties();
    }

    /** EXIF's eight orientations, grey, alpha, palettes, 16 bits, profiles, inks. */
    @ParameterizedTest
    @MethodSource("expected")
    void pixelsAreThoseOfPillowWithinOneLevel(Map.Entry<String, JsonNode> each) throws Exception {
        BufferedImage image = ImageDecoder.decode(Files.readAllBytes(resource(each.getKey())));
        int width = each.getValue().get("width").intValue();
        int height = each.getValue().get("height").intValue();
        assertThat(image.getType()).isEqualTo(BufferedImage.TYPE_INT_RGB);
        assertThat(image.getWidth()).isEqualTo(width);
        assertThat(image.getHeight()).isEqualTo(height);
        String values = each.getValue().get("rgb").textValue();
        for (int i = 0; i < 3 * width * height; i++) {
            int colours = image.getRGB(i / 3 % width, i / 3 / width);
            int found = colours >> (Byte.SIZE * (2 - i % 3)) & 0xFF;
            int right = Integer.parseInt(values, 2 * i, 2 * i + 2, 16);
            assertThat(Math.abs(found - right)).as("value %d", i).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void theTableHasEveryOrientation() throws Exception {
        assertThat(expected()).hasSize(60);
    }

    @Test
    void otherFormatsAreNamed() throws Exception {
        byte[] webp = Files.readAllBytes(resource("colours.webp"));
        assertThatThrownBy(() -> ImageDecoder.decode(webp))
                .isInstanceOf(IOException.class)
                .hasMessage("WebP, expected PNG, JPEG, GIF, BMP or TIFF");
        assertThatThrownBy(() -> ImageDecoder.decode("text".getBytes(StandardCharsets.UTF_8)))
                .hasMessage("no known format");
        assertThatThrownBy(() -> ImageDecoder.decode(new byte[0])).hasMessage("no known format");
    }

    @ParameterizedTest
    @ValueSource(strings = {"turned1.jpg", "progressive.jpg", "rgb16.png", "colours.gif"})
    void filesThatAreCutOffAreRefused(String name) throws Exception {
        byte[] whole = Files.readAllBytes(resource(name));
        byte[] half = Arrays.copyOf(whole, whole.length - whole.length / 8);
        assertThatThrownBy(() -> ImageDecoder.decode(half)).isInstanceOf(IOException.class);
    }

    /** EXIF that says nothing of use, in the midst of a file that is an image. */
    @Test
    void damagedExifTurnsNothing() throws Exception {
        byte[] whole = Files.readAllBytes(resource("turned6.jpg"));
        String text = new String(whole, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf("Exif");
        ByteArrayOutputStream damaged = new ByteArrayOutputStream();
        damaged.write(whole, 0, begin + 6);
        damaged.write(new byte[] {'X', 'X', 'X', 'X'});
        damaged.write(whole, begin + 10, whole.length - begin - 10);
        assertThat(ImageDecoder.decode(damaged.toByteArray()).getWidth()).isEqualTo(12);
    }
}
