package dev.tram.examples.task.emoji;

import dev.tram.experiments.data.Bundled;
import java.awt.image.BufferedImage;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Who drew a set of emoji. */
enum Vendor {
    NOTO,
    TWEMOJI;

    private static final int PITCH = 34;
    private static final int BORDER = 1;

    Sheet load() {
        String resource = "emoji-" + name().toLowerCase(Locale.ROOT) + "-32.png";
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
