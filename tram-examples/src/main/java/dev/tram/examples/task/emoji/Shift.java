package dev.tram.examples.task.emoji;

import dev.tram.examples.task.emoji.Picture.Plane;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/**
 * A shift of the test distribution: the same images under worse conditions. Deterministic: an
 * image's version depends on the image and its index alone.
 */
public enum Shift {
    /** Gaussian noise of standard deviation 0.15, drawn per value; the sum is clipped to [0, 1]. */
    NOISE {
        @Override
        Picture apply(int index, Picture picture) {
            Random random = new Random(index * 0x9E3779B97F4A7C15L);
            return picture.map(
                    value -> Math.min(1, Math.max(0, value + 0.15 * random.nextGaussian())));
        }
    },

    /** A Gaussian blur of standard deviation 1.2 pixels. */
    BLUR {
        @Override
        Picture apply(int index, Picture picture) {
            Picture rows =
                    Picture.paint(
                            (channel, row, column) ->
                                    blurred(
                                            offset ->
                                                    picture.channel(channel)
                                                            .at(row, column + offset)));
            return Picture.paint(
                    (channel, row, column) ->
                            blurred(offset -> rows.channel(channel).at(row + offset, column)));
        }
    },

    /** 40 % of the contrast, around mid-grey. */
    CONTRAST {
        @Override
        Picture apply(int index, Picture picture) {
            return picture.map(value -> 0.5 + 0.4 * (value - 0.5));
        }
    },

    /** A rotation by 25 degrees, clockwise for images of even index, otherwise the other way. */
    ROTATION {
        @Override
        Picture apply(int index, Picture picture) {
            double angle = Math.toRadians(index % 2 == 0 ? 25 : -25);
            double cos = Math.cos(angle);
            double sin = Math.sin(angle);
            double centre = (Picture.SIZE - 1) / 2.0;
            return Picture.paint(
                    (channel, row, column) -> {
                        double y = row - centre;
                        double x = column - centre;
                        Plane plane = picture.channel(channel);
                        return plane.between(
                                centre + cos * y - sin * x, centre + sin * y + cos * x);
                    });
        }
    };

    private static final double[] KERNEL = gaussian(1.2, 4);

    abstract Picture apply(int index, Picture picture);

    /** Returns the images under the shift, with the same labels. */
    public ImageSet of(ImageSet images) {
        return images.map(this::apply);
    }

    private static float blurred(IntToDoubleFunction line) {
        int reach = KERNEL.length / 2;
        double sum = 0;
        for (int i = 0; i < KERNEL.length; i++) {
            sum += KERNEL[i] * line.applyAsDouble(i - reach);
        }
        return (float) sum;
    }

    private static double[] gaussian(double sigma, int reach) {
        double[] kernel = new double[2 * reach + 1];
        Arrays.setAll(kernel, i -> Math.exp(-Math.pow((i - reach) / sigma, 2) / 2));
        double sum = Arrays.stream(kernel).sum();
        Arrays.setAll(kernel, i -> kernel[i] / sum);
        return kernel;
    }
}
