package dev.tram.djl.transformers.model;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.Raster;
import java.util.Arrays;

/**
 * An image's samples as red, green and blue, as Pillow's {@code convert("RGB")} has them: alpha is
 * left aside, grey keeps its value, and no colour profile is applied. Of samples with 16 bits the
 * high byte is kept; of grey without alpha the value is, and all above 255 is white.
 */
public final class RgbImage {

    private static final int WHITE = 255;

    private RgbImage() {}

    /**
     * Tells whether grey becomes white for being above 255.
     *
     * @param image an image of any kind
     * @return whether it is grey with 16 bits and without alpha, and such a value occurs
     */
    public static boolean clips(BufferedImage image) {
        if (!isDeepGrey(image.getColorModel())) {
            return false;
        }
        Raster raster = image.getRaster();
        for (int y = 0; y < image.getHeight(); y++) {
            int[] row = raster.getPixels(0, y, raster.getWidth(), 1, (int[]) null);
            if (Arrays.stream(row).anyMatch(value -> value > WHITE)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isDeepGrey(ColorModel model) {
        return model.getNumComponents() == 1 && model.getComponentSize(0) > Byte.SIZE;
    }

    /**
     * Converts an image.
     *
     * @param image an image of any kind
     * @return an image of type {@link BufferedImage#TYPE_INT_RGB}; the given one if it is
     */
    public static BufferedImage of(BufferedImage image) {
        if (image.getType() == BufferedImage.TYPE_INT_RGB) {
            return image;
        }
        int width = image.getWidth();
        BufferedImage rgb = new BufferedImage(width, image.getHeight(), BufferedImage.TYPE_INT_RGB);
        boolean hasSamples =
                image.getColorModel() instanceof ComponentColorModel model
                        && !model.isAlphaPremultiplied();
        for (int y = 0; y < image.getHeight(); y++) {
            int[] row =
                    hasSamples
                            ? row(image.getRaster(), image.getColorModel(), y)
                            : image.getRGB(0, y, width, 1, null, 0, width);
            rgb.setRGB(0, y, width, 1, row, 0, width);
        }
        return rgb;
    }

    private static int[] row(Raster raster, ColorModel model, int y) {
        int[] samples = raster.getPixels(0, y, raster.getWidth(), 1, (int[]) null);
        int[] row = new int[raster.getWidth()];
        int[] pixel = new int[raster.getNumBands()];
        boolean clips = isDeepGrey(model);
        for (int x = 0; x < row.length; x++) {
            for (int band = 0; band < pixel.length; band++) {
                int sample = samples[x * pixel.length + band];
                pixel[band] =
                        clips
                                ? Math.max(0, Math.min(sample, WHITE))
                                : sample >> (model.getComponentSize(band) - Byte.SIZE);
            }
            row[x] =
                    switch (model.getNumColorComponents()) {
                        case 1 -> rgb(pixel[0], pixel[0], pixel[0]);
                        case 3 -> rgb(pixel[0], pixel[1], pixel[2]);
                        default -> ofInks(pixel);
                    };
        }
        return row;
    }

    private static int rgb(int red, int green, int blue) {
        return red << 16 | green << 8 | blue;
    }

    /** Of cyan, magenta, yellow and black. */
    private static int ofInks(int... inks) {
        int light = WHITE - inks[3];
        return rgb(
                light * (WHITE - inks[0]) / WHITE,
                light * (WHITE - inks[1]) / WHITE,
                light * (WHITE - inks[2]) / WHITE);
    }
}
