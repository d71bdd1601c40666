package dev.tram.examples.task.emoji;

import java.awt.image.BufferedImage;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/** A square image of 32×32 pixels in three colour channels, values in [0, 1]. */
public final class Picture {

    public static final int SIZE = 32;

    public static final int CHANNELS = 3;

    /** The value of what is not painted: white. */
    public static final float BACKGROUND = 1f;

    private static final int AREA = SIZE * SIZE;

    private final float[] values;

    private Picture(float[] values) {
        this.values = values;
    }

    /** A plane of values that can be read between its pixels. */
    @FunctionalInterface
    public interface Plane {

        /** Returns the value of a pixel; row and column may lie outside the image. */
        float at(int row, int column);

        /** Interpolates bilinearly; pixel (i, j) has its centre at row i, column j. */
        default float between(double row, double column) {
            int top = (int) Math.floor(row);
            int left = (int) Math.floor(column);
            double down = row - top;
            double right = column - left;
            double above = at(top, left) * (1 - right) + at(top, left + 1) * right;
            double below = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right;
            return (float) (above * (1 - down) + below * down);
        }
    }

    /** How a pixel's value is found when a picture is painted. */
    @FunctionalInterface
    public interface Painter {

        /** Returns the value of a pixel. */
        float value(int channel, int row, int column);
    }

    public static Picture paint(Painter painter) {
        float[] values = new float[CHANNELS * AREA];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < AREA; i++) {
                values[channel * AREA + i] = painter.value(channel, i / SIZE, i % SIZE);
            }
        }
        return new Picture(values);
    }

    /** Returns a channel; outside the image it has the background's value. */
    public Plane channel(int channel) {
        return (row, column) ->
                row < 0 || row >= SIZE || column < 0 || column >= SIZE
                        ? BACKGROUND
                        : values[channel * AREA + row * SIZE + column];
    }

    /** Returns the picture with every value changed, in the order channel, row, column. */
    Picture map(DoubleUnaryOperator change) {
        float[] changed = new float[values.length];
        for (int i = 0; i < changed.length; i++) {
            changed[i] = (float) change.applyAsDouble(values[i]);
        }
        return new Picture(changed);
    }

    /** Writes the values, in the order channel, row, column. */
    void writeTo(FloatBuffer buffer) {
        buffer.put(values);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Picture picture && Arrays.equals(values, picture.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    /** Returns the picture for display: an image of 32×32 pixels, 8 bits per channel. */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < AREA; i++) {
            int rgb = 0;
            for (int channel = 0; channel < CHANNELS; channel++) {
                float value = Math.min(1f, Math.max(0f, values[channel * AREA + i]));
                rgb = rgb << 8 | Math.round(value * 255);
            }
            image.setRGB(i % SIZE, i / SIZE, rgb);
        }
        return image;
    }
}
