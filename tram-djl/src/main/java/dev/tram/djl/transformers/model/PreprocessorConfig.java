package dev.tram.djl.transformers.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
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
 * @param height the height of the model's images
 * @param width the width of the model's images
 * @param resize the size that images are resized to, before their middle is cut out
 * @param rescaleFactor what pixels from 0 to 255 are multiplied by first
 * @param mean the mean per channel, subtracted from rescaled pixels
 * @param std the standard deviation per channel, which the difference is divided by
 * @param resampling how images are resized
 */
public record PreprocessorConfig(
        int height,
        int width,
        Resize resize,
        float rescaleFactor,
        List<Float> mean,
        List<Float> std,
        Resampling resampling) {

    static final String NAME = "preprocessor_config.json";

    /** Steps that other models' images take. */
    private static final List<String> UNIMPLEMENTED =
            List.of(
                    "do_pad",
                    "do_thumbnail",
                    "do_align_long_axis",
                    "do_flip_channel_order",
                    "do_color_quantize",
                    "rescale_offset");

    private static final int CHANNELS = 3;

    /**
     * What images are resized to. Where the middle that is cut out of them is larger, it has a
     * black margin.
     *
     * @param height the height; of a shortest edge, the length of that edge
     * @param width the width; of a shortest edge, the length of that edge
     * @param keepsRatio whether the shorter edge gets that length, and the longer one the length
     *     that leaves the ratio of both as it was
     */
    public record Resize(int height, int width, boolean keepsRatio) {

        /** Checks the size. */
        public Resize {
            Arguments.atLeast("height", height, 1);
            Arguments.atLeast("width", width, 1);
        }

        /** The height that an image gets, rounded down. */
        int heightOf(BufferedImage image) {
            return keepsRatio ? edge(height, image.getHeight(), image.getWidth()) : height;
        }

        /** The width that an image gets, rounded down. */
        int widthOf(BufferedImage image) {
            return keepsRatio ? edge(width, image.getWidth(), image.getHeight()) : width;
        }

        private static int edge(int shortest, int edge, int other) {
            return edge <= other ? shortest : (int) ((long) shortest * edge / other);
        }

        private Resize scaled(double factor) {
            return new Resize(
                    (int) Math.round(height * factor),
                    (int) Math.round(width * factor),
                    keepsRatio);
        }
    }

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
     * Describes images that are resized to the model's size, whatever their ratio.
     *
     * @param height the height of the model's images
     * @param width the width of the model's images
     * @param rescaleFactor what pixels from 0 to 255 are multiplied by first
     * @param mean the mean per channel, subtracted from rescaled pixels
     * @param std the standard deviation per channel, which the difference is divided by
     * @param resampling how images are resized
     */
    public PreprocessorConfig(
            int height,
            int width,
            float rescaleFactor,
            List<Float> mean,
            List<Float> std,
            Resampling resampling) {
        this(height, width, new Resize(height, width, false), rescaleFactor, mean, std, resampling);
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
     * Sets the size of images. What they are resized to before keeps its ratio to it.
     *
     * @param size the height and width
     * @return the configuration with that size
     */
    public PreprocessorConfig withSize(int size) {
        boolean crops = resize.keepsRatio || resize.height != height || resize.width != width;
        return new PreprocessorConfig(
                size,
                size,
                crops ? resize.scaled((double) size / height) : new Resize(size, size, false),
                rescaleFactor,
                mean,
                std,
                resampling);
    }

    private static PreprocessorConfig parse(JsonNode json) {
        UNIMPLEMENTED.forEach(key -> require(json, key, false));
        require(json, "do_resize", true);
        if (!isAbsent(json.path("crop_pct"))) {
            throw Arguments.rejected("crop_pct in " + NAME, "absent", json.get("crop_pct"));
        }
        String type =
                json.path("image_processor_type")
                        .asText(json.path("feature_extractor_type").asText());
        boolean ofClip = type.startsWith("CLIP") || type.startsWith("Bit");
        Resize resize = resize(json.path("size"), ofClip);
        Resize size = resize;
        if (flag(json, "do_center_crop", ofClip || type.startsWith("DeiT"))) {
            size = square(json.path("crop_size"), "crop_size");
        } else if (resize.keepsRatio) {
            throw Arguments.rejected(
                    "do_center_crop in " + NAME, "true beside size.shortest_edge", false);
        }
        float factor = flag(json, "do_rescale", true) ? rescaleFactor(json) : 1;
        boolean normalizes = flag(json, "do_normalize", true);
        return new PreprocessorConfig(
                size.height,
                size.width,
                resize,
                factor,
                normalizes ? channels(json, "image_mean") : Collections.nCopies(CHANNELS, 0f),
                normalizes ? channels(json, "image_std") : Collections.nCopies(CHANNELS, 1f),
                resampling(json.path("resample")));
    }

    /** A number is a shortest edge where CLIP's processor says so. */
    private static Resize resize(JsonNode size, boolean ofClip) {
        JsonNode edge = size.isInt() && ofClip ? size : size.path("shortest_edge");
        return edge.isInt() && edge.intValue() > 0 && size.size() <= 1
                ? new Resize(edge.intValue(), edge.intValue(), true)
                : square(size, "size");
    }

    /** A number is the length of both edges. */
    private static Resize square(JsonNode size, String key) {
        int height = (size.isInt() ? size : size.path("height")).asInt(-1);
        int width = (size.isInt() ? size : size.path("width")).asInt(-1);
        if (height < 1 || width < 1) {
            throw Arguments.rejected(
                    key + " in " + NAME, "a number or an object of height and width", size);
        }
        return new Resize(height, width, false);
    }

    /** Writes the sizes as Hugging Face has them. */
    void writeSizes(ObjectNode json) {
        ObjectNode size = json.putObject("size");
        if (resize.keepsRatio) {
            size.put("shortest_edge", resize.height);
        } else {
            size.put("height", resize.height).put("width", resize.width);
        }
        if (json.has("crop_size")) {
            json.putObject("crop_size").put("height", height).put("width", width);
        }
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
     * Prepares an image, whose colours are those of {@link RgbImage}.
     *
     * @param manager the owner of the result
     * @param image the image, of any size
     * @return of shape (1, 3, height, width), float32
     */
    public NDArray prepare(NDManager manager, BufferedImage image) {
        int tall = resize.heightOf(image);
        int wide = resize.widthOf(image);
        float[] resized =
                resampling.resize(
                        planes(image), CHANNELS, image.getHeight(), image.getWidth(), tall, wide);
        Shape shape = new Shape(1, CHANNELS, height, width);
        try (NDArray pixels = manager.create(middle(resized, tall, wide), shape)) {
            return normalize(pixels);
        }
    }

    /**
     * Prepares images, on the CPU and on any thread.
     *
     * @param images the images, of any sizes
     * @return the values of an array of {@link #shape}, row by row
     */
    public float[] prepare(List<BufferedImage> images) {
        int pixels = CHANNELS * height * width;
        float[] values = new float[images.size() * pixels];
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            for (int i = 0; i < images.size(); i++) {
                try (NDArray image = prepare(manager, images.get(i))) {
                    System.arraycopy(image.toFloatArray(), 0, values, i * pixels, pixels);
                }
            }
        }
        return values;
    }

    /**
     * Returns the shape of a batch.
     *
     * @param count the number of images
     * @return (count, 3, height, width)
     */
    public Shape shape(int count) {
        return new Shape(count, CHANNELS, height, width);
    }

    /** Cuts out the middle as Hugging Face's processors do; where there is no image, black. */
    private float[] middle(float[] planes, int tall, int wide) {
        if (tall == height && wide == width) {
            return planes;
        }
        int top = Math.floorDiv(tall - height, 2);
        int left = Math.floorDiv(wide - width, 2);
        int length = Math.min(wide, left + width) - Math.max(left, 0);
        float[] middle = new float[CHANNELS * height * width];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int row = Math.max(top, 0); row < Math.min(tall, top + height); row++) {
                System.arraycopy(
                        planes,
                        (channel * tall + row) * wide + Math.max(left, 0),
                        middle,
                        (channel * height + row - top) * width + Math.max(-left, 0),
                        length);
            }
        }
        return middle;
    }

    /** Red, green and blue; never more than a row of them, as large images have many. */
    private static Resampling.Planes planes(BufferedImage image) {
        Raster colours = RgbImage.of(image).getRaster();
        int[] row = new int[image.getWidth()];
        return (channel, y, values) -> {
            colours.getDataElements(colours.getMinX(), colours.getMinY() + y, row.length, 1, row);
            int shift = Byte.SIZE * (CHANNELS - 1 - channel);
            for (int x = 0; x < row.length; x++) {
                values[x] = row[x] >> shift & 0xFF;
            }
        };
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
