package dev.tram.examples.data;

import dev.tram.core.internal.Arguments;
import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Rows of images from what is no table. */
public final class ImageRows {

    private static final Set<String> ENDINGS = Set.of("png", "jpg", "jpeg", "gif", "bmp");

    /** The column of an image that is no file. */
    public static final String PIXELS = "pixels";

    private static final int SIDE = 32;
    private static final int CHANNEL = SIDE * SIDE;

    private ImageRows() {}

    /**
     * Returns the images of a folder with a folder per class, in the order of their names.
     *
     * @param folder the folder
     * @return rows of {@code label}, the class's folder, and {@code image}, the file's bytes
     * @throws IOException if the folder cannot be read
     * @throws IllegalArgumentException if there are no images one folder below it
     */
    public static RowSource folder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw Arguments.rejected("the images", "a folder with a folder per class", folder);
        }
        List<Path> images;
        try (Stream<Path> files = Files.walk(folder, 2)) {
            images =
                    files.filter(file -> folder.relativize(file).getNameCount() == 2)
                            .filter(ImageRows::isImage)
                            .sorted()
                            .toList();
        }
        if (images.isEmpty()) {
            throw Arguments.rejected("the images", "in folders per class", folder);
        }
        return files(images);
    }

    /**
     * Returns images whose folder is their class.
     *
     * @param files the images
     * @return rows of {@code label}, the folder's name, and {@code image}, the file's bytes
     */
    public static RowSource files(List<Path> files) {
        return () -> new FolderReader(files.iterator());
    }

    private static boolean isImage(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return Files.isRegularFile(file)
                && ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1));
    }

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

    private static final class FolderReader implements RowReader {

        private final Iterator<Path> images;

        FolderReader(Iterator<Path> images) {
            this.images = images;
        }

        @Override
        public Row read() throws IOException {
            if (!images.hasNext()) {
                return null;
            }
            Path image = images.next();
            String label = image.getParent().getFileName().toString();
            return new Row(
                    image.toString(),
                    1,
                    Map.of("label", label, "image", Files.readAllBytes(image)));
        }

        @Override
        public void close() {}
    }

    private static final class CifarReader implements RowReader {

        private static final int CLASSES = 100;

        private final String file;
        private final DataInputStream in;
        private long number;

        CifarReader(Path file) throws IOException {
            this.file = file.toString();
            in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
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
                if (fine < CLASSES) {
                    return new Row(
                            file,
                            number,
                            Map.of("coarse_label", coarse, "fine_label", fine, PIXELS, pixels));
                }
                throw new MalformedRowException(file, number, "class " + fine + ", expected < 100");
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
