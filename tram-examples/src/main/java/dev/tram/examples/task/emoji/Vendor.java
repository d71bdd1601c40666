package dev.tram.examples.task.emoji;

import dev.tram.experiments.data.Bundled;
import java.awt.image.BufferedImage;
import javax.imageio.ImageIO;

/** Who drew a set of emoji. */
public enum Vendor {
    NOTO("emoji-noto-32.png"),

    TWEMOJI("emoji-twemoji-32.png");

    private static final int PITCH = 34;
    private static final int BORDER = 1;

    private final String resource;

    Vendor(String resource) {
        this.resource = resource;
    }

    String resource() {
        return resource;
    }

    Sheet load() {
        return new Sheet(new Bundled(Vendor.class, resource).read(ImageIO::read));
    }

    /** All images of a vendor: cells of 34×34 pixels, 32×32 inside a border, transparent. */
    record Sheet(BufferedImage image) {

        /** Cuts out a cell and puts it on the background. */
        Picture cell(int column, int row) {
            int left = column * PITCH + BORDER;
            int top = row * PITCH + BORDER;
            return Picture.paint(
                    (channel, y, x) -> {
                        int argb = image.getRGB(left + x, top + y);
                        float alpha = (argb >>> 24) / 255f;
                        int shift = 8 * (Picture.CHANNELS - 1 - channel);
                        float value = (argb >>> shift & 0xff) / 255f;
                        return value * alpha + Picture.BACKGROUND * (1 - alpha);
                    });
        }
    }
}
