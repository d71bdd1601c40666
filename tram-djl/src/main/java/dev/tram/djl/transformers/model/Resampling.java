package dev.tram.djl.transformers.model;

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
    },

    /** Lanczos's window of three lobes. */
    LANCZOS(1, 3) {
        @Override
        double kernel(double distance) {
            return distance < 3 ? sinc(distance) * sinc(distance / 3) : 0;
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
                                        "1 (Lanczos), 2 (bilinear) or 3 (bicubic)",
                                        code));
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    }

    /** Returns the weight of an old pixel at a distance of at least 0 from the new one. */
    abstract double kernel(double distance);

    /** Planes of whole values from 0 to 255, all of one size. */
    @FunctionalInterface
    interface Planes {

        /**
         * Reads a row.
         *
         * @param plane which plane, from 0
         * @param y which row, from 0
         * @param values gets the row's values
         */
        void read(int plane, int y, int[] values);
    }

    /**
     * Resizes planes.
     *
     * @param planes the planes
     * @param count how many there are
     * @param height the height of a plane
     * @param width the width of a plane
     * @param tall the new height
     * @param wide the new width
     * @return whole values from 0 to 255, plane by plane, each row by row
     */
    float[] resize(Planes planes, int count, int height, int width, int tall, int wide) {
        int[] narrow = new int[count * height * wide];
        Weights[] across = weights(width, wide);
        int[] old = new int[width];
        for (int row = 0; row < count * height; row++) {
            planes.read(row / height, row % height, old);
            for (int x = 0; x < wide; x++) {
                narrow[row * wide + x] = across[x].apply(old, 0, 1);
            }
        }
        float[] small = new float[count * tall * wide];
        Weights[] down = weights(height, tall);
        for (int row = 0; row < count * tall; row++) {
            int plane = row / tall * height * wide;
            for (int x = 0; x < wide; x++) {
                small[row * wide + x] = down[row % tall].apply(narrow, plane + x, wide);
            }
        }
        return small;
    }

    /**
     * The weights of the old pixels, from the first one on, in a new one: in units of 2⁻²², as in
     * Pillow.
     */
    private static final class Weights {

        private static final int BITS = 22;

        private final int first;
        private final int[] values;

        Weights(int first, int... values) {
            this.first = first;
            this.values = values;
        }

        int apply(int[] old, int begin, int stride) {
            int sum = 1 << (BITS - 1);
            int position = begin + first * stride;
            for (int weight : values) {
                sum += weight * old[position];
                position += stride;
            }
            return Math.min(Math.max(sum >> BITS, 0), WHITE);
        }
    }

    private Weights[] weights(int old, int size) {
        double scale = (double) old / size;
        double stretch = Math.max(scale, 1);
        Weights[] weights = new Weights[size];
        for (int i = 0; i < size; i++) {
            double centre = (i + 0.5) * scale;
            int first = (int) Math.max(0, centre - support * stretch + 0.5);
            int end = (int) Math.min(old, centre + support * stretch + 0.5);
            double[] row = new double[end - first];
            Arrays.setAll(row, j -> kernel(Math.abs(first + j + 0.5 - centre) / stretch));
            double sum = Arrays.stream(row).sum();
            int[] values = new int[row.length];
            Arrays.setAll(values, j -> rounded(row[j] / sum * (1 << Weights.BITS)));
            weights[i] = new Weights(first, values);
        }
        return weights;
    }

    /** Rounds halves away from zero. */
    private static int rounded(double value) {
        return (int) (value + Math.copySign(0.5, value));
    }
}
