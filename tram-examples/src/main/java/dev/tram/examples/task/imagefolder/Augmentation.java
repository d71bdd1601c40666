package dev.tram.examples.task.imagefolder;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.Random;

/**
 * The usual augmentation of training images: a part of random size and shape (Szegedy et al. 2015,
 * with torchvision's values), mirrored every second time. It is resized later.
 */
final class Augmentation {

    private static final double SMALLEST_AREA = 0.08;
    private static final double WIDEST = 4 / 3.0;
    private static final int ATTEMPTS = 10;

    private Augmentation() {}

    /** Returns a part of an image; the whole image if no part was found. */
    static BufferedImage apply(BufferedImage image, Random random) {
        BufferedImage part = crop(image, random);
        return random.nextBoolean() ? mirrored(part) : part;
    }

    private static BufferedImage crop(BufferedImage image, Random random) {
        for (int i = 0; i < ATTEMPTS; i++) {
            double area =
                    (SMALLEST_AREA + (1 - SMALLEST_AREA) * random.nextDouble())
                            * image.getWidth()
                            * image.getHeight();
            double ratio = Math.exp((2 * random.nextDouble() - 1) * Math.log(WIDEST));
            int width = (int) Math.round(Math.sqrt(area * ratio));
            int height = (int) Math.round(Math.sqrt(area / ratio));
            if (width > 0
                    && height > 0
                    && width <= image.getWidth()
                    && height <= image.getHeight()) {
                return image.getSubimage(
                        random.nextInt(image.getWidth() - width + 1),
                        random.nextInt(image.getHeight() - height + 1),
                        width,
                        height);
            }
        }
        return image;
    }

    private static BufferedImage mirrored(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        BufferedImage mirrored = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
        Graphics2D graphics = mirrored.createGraphics();
        graphics.drawImage(image, width, 0, -width, height, null);
        graphics.dispose();
        return mirrored;
    }
}
