package dev.tram.experiments.data;

import dev.tram.djl.internal.files.RegularFile;
import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Rows of the images of CIFAR-100's binary version. */
public final class ImageRows {

    /** The column of an image that is not a file. */
    public static final String PIXELS = "pixels";

    private static final int SIDE = 32;
    private static final int CHANNEL = SIDE * SIDE;

    private ImageRows() {}

    /**
     * Returns the images of CIFAR-100's binary version.
     *
     * @param file {@code train.bin} or {@code test.bin}
     * @return rows of {@code coarse_label}, {@code fine_label} and {@code pixels}: 3,072 bytes,
     *     red, then green, then blue, row by row
     */
    public static RowSource cifar100(Path file) {
        return () -> new CifarReader(file);
    }

    /**
     * Makes an image of CIFAR-100's pixels.
     *
     * @param pixels red, then green, then blue, row by row
     * @return an image of 32×32 pixels
     */
    public static BufferedImage cifarImage(byte[] pixels) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < CHANNEL; i++) {
            int red = pixels[i] & 0xFF;
            int green = pixels[CHANNEL + i] & 0xFF;
            int blue = pixels[2 * CHANNEL + i] & 0xFF;
            image.setRGB(i % SIDE, i / SIDE, red << 16 | green << 8 | blue);
        }
        return image;
    }

    private static final class CifarReader implements RowReader {

        private static final int CLASSES = 100;

        private final String file;
        private final DataInputStream in;
        private long number;

        CifarReader(Path file) throws IOException {
            this.file = file.toString();
            InputStream bytes = Files.newInputStream(RegularFile.require(file));
            in = new DataInputStream(new BufferedInputStream(bytes, 1 << 16));
        }

        @Override
        public Row read() throws IOException, MalformedRowException {
            int coarse = in.read();
            if (coarse < 0) {
                return null;
            }
            number++;
            byte[] pixels = new byte[3 * CHANNEL];
            try {
                int fine = in.readUnsignedByte();
                in.readFully(pixels);
                if (fine >= CLASSES) {
                    String reason = "class " + fine + ", expected < " + CLASSES;
                    throw new MalformedRowException(file, number, reason);
                }
                Map<String, Object> values =
                        Map.of("coarse_label", coarse, "fine_label", fine, PIXELS, pixels);
                return new Row(file, number, values);
            } catch (EOFException e) {
                throw new MalformedRowException(file, number, "the file ends within an image");
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
