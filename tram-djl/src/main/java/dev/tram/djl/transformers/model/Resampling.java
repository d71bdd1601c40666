package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.internal.Arguments;
import java.util.Arrays;

/**
 * How images are resized, by Pillow's filters, which Hugging Face's processors use: a pixel is a
 * weighted mean of the old ones around it, and shrinking widens the filter, so that every old pixel
 * counts. Columns come first, then rows, each rounded to whole values.
 */
public enum Resampling {
    /** The triangle filter. */
    BILINEAR(2, 1) {
        @Override
        double kernel(double distance) {
            return Math.max(0, 1 - distance);
        }
    },

    /** Cubic convolution (Keys, 1981) with a = −½. */
    BICUBIC(3, 2) {
        @Override
        double kernel(double distance) {
            if (distance < 1) {
                return (1.5 * distance - 2.5) * distance * distance + 1;
            }
            return distance < 2 ? ((-0.5 * distance + 2.5) * distance - 4) * distance + 2 : 0;
        }
    };

    private static final int WHITE = 255;

    private final int code;
    private final int support;

    Resampling(int code, int support) {
        this.code = code;
        this.support = support;
    }

    /**
     * Finds a filter.
     *
     * @param code the number of Pillow's filter, as in {@code preprocessor_config.json}
     * @return the filter
     * @throws IllegalArgumentException if it is not implemented
     */
    static Resampling of(JsonNode code) {
        return Arrays.stream(values())
                .filter(filter -> code.isInt() && filter.code == code.intValue())
                .findFirst()
                .orElseThrow(
                        () ->
                                Arguments.rejected(
                                        "resample in " + PreprocessorConfig.NAME,
                                        "2 (bilinear) or 3 (bicubic)",
                                        code));
    }

    /** Returns the weight of an old pixel at a distance of at least 0 from the new one. */
    abstract double kernel(double distance);

    /**
     * Resizes images.
     *
     * @param images of shape (…, H, W), float32, values from 0 to 255
     * @param height the new height
     * @param width the new width
     * @return whole values from 0 to 255, of shape (…, height, width)
     */
    NDArray resize(NDArray images, int height, int width) {
        NDManager manager = images.getManager();
        Shape shape = images.getShape();
        try (NDArray down = weights(manager, (int) shape.get(shape.dimension() - 2), height);
                NDArray across = weights(manager, (int) shape.get(shape.dimension() - 1), width);
                NDArray transposed = across.transpose();
                NDArray narrow = images.matMul(transposed);
                NDArray whole = rounded(narrow);
                NDArray small = down.matMul(whole)) {
            return rounded(small);
        }
    }

    private static NDArray rounded(NDArray values) {
        try (NDArray shifted = values.add(0.5);
                NDArray whole = shifted.floor()) {
            return whole.clip(0, WHITE);
        }
    }

    /** Row i holds the weights of the old pixels in the new pixel i. */
    private NDArray weights(NDManager manager, int old, int size) {
        float[] weights = new float[size * old];
        double scale = (double) old / size;
        double stretch = Math.max(scale, 1);
        for (int i = 0; i < size; i++) {
            double centre = (i + 0.5) * scale;
            int first = (int) Math.max(0, centre - support * stretch + 0.5);
            int end = (int) Math.min(old, centre + support * stretch + 0.5);
            double[] row = new double[end - first];
            Arrays.setAll(row, j -> kernel(Math.abs(first + j + 0.5 - centre) / stretch));
            double sum = Arrays.stream(row).sum();
            for (int j = 0; j < row.length; j++) {
                weights[i * old + first + j] = (float) (row[j] / sum);
            }
        }
        return manager.create(weights, new Shape(size, old));
    }
}
