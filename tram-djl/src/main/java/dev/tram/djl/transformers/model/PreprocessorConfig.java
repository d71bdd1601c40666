package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * How pixels become a Vision Transformer's input: Hugging Face's {@code preprocessor_config.json}.
 *
 * @param height the height that images are resized to
 * @param width the width that images are resized to
 * @param rescaleFactor what pixels from 0 to 255 are multiplied by first
 * @param mean the mean per channel, subtracted from rescaled pixels
 * @param std the standard deviation per channel, which the difference is divided by
 * @param resampling how images are resized
 */
public record PreprocessorConfig(
        int height,
        int width,
        float rescaleFactor,
        List<Float> mean,
        List<Float> std,
        Resampling resampling) {

    static final String NAME = "preprocessor_config.json";

    private static final int CHANNELS = 3;

    /** Checks the configuration. */
    public PreprocessorConfig {
        Arguments.atLeast("height", height, 1);
        Arguments.atLeast("width", width, 1);
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != std.size()) {
            throw Arguments.rejected("image_std", "as long as image_mean " + mean, std);
        }
        std.forEach(deviation -> Arguments.positive("image_std", deviation));
    }

    /**
     * Returns what Hugging Face's processor does where a directory does not say: bilinear resizing,
     * values from −1 to 1.
     *
     * @param size the height and width of the model's images
     * @return the configuration
     */
    public static PreprocessorConfig usual(int size) {
        return new PreprocessorConfig(
                size,
                size,
                1 / 255f,
                Collections.nCopies(CHANNELS, 0.5f),
                Collections.nCopies(CHANNELS, 0.5f),
                Resampling.BILINEAR);
    }

    /**
     * Reads the configuration of a directory.
     *
     * @param directory the directory
     * @return the configuration, or nothing if the directory has none
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it asks for a step that is not implemented
     */
    public static Optional<PreprocessorConfig> read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        return Files.exists(file) ? Optional.of(parse(JsonFile.read(file))) : Optional.empty();
    }

    /**
     * Sets the size of images.
     *
     * @param size the height and width
     * @return the configuration with that size
     */
    public PreprocessorConfig withSize(int size) {
        return new PreprocessorConfig(size, size, rescaleFactor, mean, std, resampling);
    }

    private static PreprocessorConfig parse(JsonNode json) {
        require(json, "do_center_crop", false);
        require(json, "do_resize", true);
        JsonNode size = json.path("size");
        int height = (size.isInt() ? size : size.path("height")).asInt(-1);
        int width = (size.isInt() ? size : size.path("width")).asInt(-1);
        if (height < 1 || width < 1) {
            throw Arguments.rejected(
                    "size in " + NAME, "a number or an object of height and width", size);
        }
        float factor = flag(json, "do_rescale", true) ? rescaleFactor(json) : 1;
        boolean normalizes = flag(json, "do_normalize", true);
        return new PreprocessorConfig(
                height,
                width,
                factor,
                normalizes ? channels(json, "image_mean") : Collections.nCopies(CHANNELS, 0f),
                normalizes ? channels(json, "image_std") : Collections.nCopies(CHANNELS, 1f),
                resampling(json.path("resample")));
    }

    private static void require(JsonNode json, String key, boolean implemented) {
        if (flag(json, key, implemented) != implemented) {
            throw Arguments.rejected(
                    key + " in " + NAME,
                    implemented + ", nothing else is implemented",
                    json.get(key));
        }
    }

    private static boolean flag(JsonNode json, String key, boolean usual) {
        JsonNode value = json.path(key);
        if (!isAbsent(value) && !value.isBoolean()) {
            throw Arguments.rejected(key + " in " + NAME, "true or false", value);
        }
        return value.asBoolean(usual);
    }

    private static float rescaleFactor(JsonNode json) {
        JsonNode factor = json.path("rescale_factor");
        return Arguments.positive(
                "rescale_factor in " + NAME,
                isAbsent(factor) ? 1 / 255f : (float) factor.asDouble(Double.NaN));
    }

    /** One number per channel; a single one is that of all. */
    private static List<Float> channels(JsonNode json, String key) {
        JsonNode value = json.path(key);
        if (isAbsent(value)) {
            return Collections.nCopies(CHANNELS, 0.5f);
        }
        List<Float> values = new ArrayList<>();
        value.forEach(each -> values.add((float) each.asDouble(Double.NaN)));
        List<Float> all =
                value.isNumber() ? Collections.nCopies(CHANNELS, value.floatValue()) : values;
        if (all.size() != CHANNELS || !all.stream().allMatch(Float::isFinite)) {
            throw Arguments.rejected(key + " in " + NAME, "3 finite numbers", value);
        }
        return all;
    }

    private static Resampling resampling(JsonNode code) {
        return isAbsent(code) ? Resampling.BILINEAR : Resampling.of(code);
    }

    private static boolean isAbsent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    /**
     * Prepares an image. What is transparent becomes white.
     *
     * @param manager the owner of the result
     * @param image the image, of any size
     * @return of shape (1, 3, height, width), float32
     */
    public NDArray prepare(NDManager manager, BufferedImage image) {
        try (NDArray pixels = manager.create(planes(image), shape(image));
                NDArray resized = resampling.resize(pixels, height, width)) {
            return normalize(resized);
        }
    }

    private static Shape shape(BufferedImage image) {
        return new Shape(1, CHANNELS, image.getHeight(), image.getWidth());
    }

    /** Red, green and blue, each row by row. */
    private static float[] planes(BufferedImage image) {
        BufferedImage opaque =
                new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = opaque.createGraphics();
        graphics.drawImage(image, 0, 0, Color.WHITE, null);
        graphics.dispose();
        int[] colours =
                opaque.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        float[] planes = new float[CHANNELS * colours.length];
        for (int i = 0; i < colours.length; i++) {
            for (int channel = 0; channel < CHANNELS; channel++) {
                int shift = Byte.SIZE * (CHANNELS - 1 - channel);
                planes[channel * colours.length + i] = colours[i] >> shift & 0xFF;
            }
        }
        return planes;
    }

    /**
     * Normalizes images that have the right size.
     *
     * @param images of shape (B, C, H, W), values from 0 to 255
     * @return (rescaled images − mean) / std, float32
     */
    public NDArray normalize(NDArray images) {
        Shape perChannel = new Shape(mean.size(), 1, 1);
        try (NDArray pixels = images.toType(DataType.FLOAT32, true);
                NDArray means = images.getManager().create(array(mean), perChannel);
                NDArray deviations = images.getManager().create(array(std), perChannel);
                NDArray rescaled = pixels.mul(rescaleFactor);
                NDArray centred = rescaled.sub(means)) {
            return centred.div(deviations);
        }
    }

    private static float[] array(List<Float> values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }
}
