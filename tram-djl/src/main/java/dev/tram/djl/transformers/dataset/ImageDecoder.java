package dev.tram.djl.transformers.dataset;

import com.drew.imaging.FileType;
import com.drew.imaging.FileTypeDetector;
import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifDirectoryBase;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.xmp.XmpDirectory;
import dev.tram.djl.internal.OptionalArtifact;
import dev.tram.djl.transformers.model.RgbImage;
import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;

/**
 * Decodes images to the pixels that Pillow's {@code exif_transpose} and {@code convert("RGB")}
 * give: turned as their EXIF orientation says, in red, green and blue by {@link RgbImage}. It needs
 * {@code com.drewnoakes:metadata-extractor} on the class path.
 */
public final class ImageDecoder {

    /** In the warning of Java's JPEG reader, which makes the rest grey. */
    private static final String CUT_OFF = "Premature end";

    /** With 3 bytes a pixel it is where Pillow warns of a bomb. */
    private static final long MOST_BYTES = 1L << 28;

    /** With a byte for each colour and 4 for the result, less than half a gigabyte. */
    private static final int MOST_PIXELS = 1 << 26;

    /** Twice what JPEG allows: resizing keeps the longer side for a while. */
    private static final int LONGEST_SIDE = 1 << 17;

    private static final String XMP_ORIENTATION = "tiff:Orientation";
    private static final int UPRIGHT = 1;
    private static final int ORIENTATIONS = 8;

    private ImageDecoder() {}

    /** Thrown where an image's samples would take more memory than is allowed. */
    public static final class TooLargeException extends IOException {

        private static final long serialVersionUID = 1;

        TooLargeException(String message) {
            super(message);
        }
    }

    /** A remark on a decoded image. */
    public enum Remark {
        /** It has more pixels than are kept. */
        SUBSAMPLED(
                String.format(
                        Locale.ROOT,
                        "more than %,d pixels: every second, third, … is read",
                        MOST_PIXELS)),

        /** As in Pillow, values above 255 of 16-bit grey become white. */
        CLIPPED("grey of 16 bits above 255, which is white here as in Pillow: divide by 256 first");

        private final String words;

        Remark(String words) {
            this.words = words;
        }

        /** Returns the remark in words. */
        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * Decodes an image; the first one of a file that holds several.
     *
     * @param file the bytes of a PNG, JPEG, GIF, BMP or TIFF file
     * @return an image of type {@link BufferedImage#TYPE_INT_RGB}
     * @throws IOException if it cannot be decoded, naming the format if it is known
     */
    public static BufferedImage decode(byte[] file) throws IOException {
        return decode(file, MOST_BYTES, remark -> {});
    }

    /**
     * Decodes an image; the first one of a file that holds several.
     *
     * @param file the bytes of a PNG, JPEG, GIF, BMP or TIFF file
     * @param mostBytes how many bytes its samples may have
     * @param remarks is told where pixels are not the file's
     * @return an image of type {@link BufferedImage#TYPE_INT_RGB}
     * @throws TooLargeException if its samples have more bytes
     * @throws IOException if it cannot be decoded, naming the format if it is known
     */
    public static BufferedImage decode(byte[] file, long mostBytes, Consumer<Remark> remarks)
            throws IOException {
        OptionalArtifact.METADATA_EXTRACTOR.require("an image");
        try {
            BufferedImage samples = samples(file, mostBytes, remarks);
            if (RgbImage.clips(samples)) {
                remarks.accept(Remark.CLIPPED);
            }
            return turned(RgbImage.of(samples), orientation(file));
        } catch (EOFException e) {
            throw new IOException("an image that ends early", e);
        } catch (RuntimeException e) {
            String reason = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new IOException("a damaged image: " + reason, e);
        } catch (OutOfMemoryError e) {
            throw new IOException("an image that memory does not suffice for", e);
        }
    }

    private static BufferedImage samples(byte[] file, long mostBytes, Consumer<Remark> remarks)
            throws IOException {
        byte[] bytes = GifBlocks.isGif(file) ? GifBlocks.withoutComments(file) : file;
        try (BytesStream stream = new BytesStream(bytes)) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
            if (!readers.hasNext()) {
                throw new IOException(format(file));
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(stream, true, true);
                return read(reader, mostBytes, remarks);
            } finally {
                reader.dispose();
            }
        }
    }

    private static String format(byte[] file) throws IOException {
        FileType type = type(new ByteArrayInputStream(file));
        return type == FileType.Unknown
                ? "no known format"
                : type.getLongName() + ", expected PNG, JPEG, GIF, BMP or TIFF";
    }

    private static FileType type(InputStream file) throws IOException {
        return FileTypeDetector.detectFileType(new BufferedInputStream(file));
    }

    /**
     * Tells whether a file begins like an image, of a format that can be decoded or of another one.
     *
     * @param file the file
     * @return whether it does
     * @throws IOException if it cannot be read
     */
    public static boolean isImage(Path file) throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            String type = type(stream).getMimeType();
            return type != null && type.startsWith("image/");
        }
    }

    /**
     * Where a file has a colour profile, its values are left in the profile's colour space; grey
     * with a transparent colour is read as grey.
     */
    private static BufferedImage read(ImageReader reader, long mostBytes, Consumer<Remark> remarks)
            throws IOException {
        Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0);
        ImageTypeSpecifier chosen = types.next();
        while (types.hasNext()) {
            ImageTypeSpecifier other = types.next();
            boolean ofProfile =
                    isStandard(chosen)
                            && !isStandard(other)
                            && other.getNumBands() == chosen.getNumBands();
            boolean withoutAlpha = chosen.getNumBands() == 2 && other.getNumBands() == 1;
            if (ofProfile || withoutAlpha) {
                chosen = other;
            }
        }
        ImageReadParam parameters = reader.getDefaultReadParam();
        requireFewer(reader.getWidth(0), reader.getHeight(0), chosen, mostBytes);
        int every = every(reader.getWidth(0), reader.getHeight(0));
        if (every > 1) {
            parameters.setSourceSubsampling(every, every, 0, 0);
            remarks.accept(Remark.SUBSAMPLED);
        }
        parameters.setDestinationType(chosen);
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        BufferedImage image = reader.read(0, parameters);
        if (warnings.stream().anyMatch(warning -> warning.contains(CUT_OFF))) {
            throw new IOException(warnings.toString());
        }
        return image;
    }

    private static void requireFewer(
            long width, long height, ImageTypeSpecifier type, long mostBytes) throws IOException {
        if (Math.max(width, height) > LONGEST_SIDE) {
            throw new IOException(
                    String.format(
                            Locale.ROOT,
                            "%d x %d pixels, expected at most %,d on a side",
                            width,
                            height,
                            LONGEST_SIDE));
        }
        long bytes = width * height / Byte.SIZE * type.getColorModel().getPixelSize();
        if (bytes > mostBytes || bytes < 0) {
            throw new TooLargeException(
                    String.format(
                            Locale.ROOT,
                            "%d x %d pixels of %,d bytes, expected at most %,d",
                            width,
                            height,
                            bytes,
                            mostBytes));
        }
    }

    /**
     * The distance between the rows and columns that are read, so that there are not too many
     * pixels.
     */
    private static int every(long width, long height) {
        int every = 1;
        while ((width + every - 1) / every * ((height + every - 1) / every) > MOST_PIXELS) {
            every++;
        }
        return every;
    }

    private static boolean isStandard(ImageTypeSpecifier type) {
        return type.getColorModel().getColorSpace().isCS_sRGB();
    }

    /** EXIF's number from 1 to 8, else XMP's; upright if neither is valid. */
    private static int orientation(byte[] file) throws IOException {
        FileType type = type(new ByteArrayInputStream(file));
        if (type == FileType.Gif || type == FileType.Bmp) {
            return UPRIGHT; // as in Pillow, which looks for none there
        }
        try {
            byte[] told = PngChunks.isPng(file) ? PngChunks.ofOrientation(file) : file;
            Metadata metadata =
                    ImageMetadataReader.readMetadata(new ByteArrayInputStream(told), told.length);
            ExifIFD0Directory exif = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
            boolean isOfExif = exif != null && exif.containsTag(ExifDirectoryBase.TAG_ORIENTATION);
            Integer orientation =
                    isOfExif ? exif.getInteger(ExifDirectoryBase.TAG_ORIENTATION) : ofXmp(metadata);
            return orientation == null || orientation < UPRIGHT || orientation > ORIENTATIONS
                    ? UPRIGHT
                    : orientation;
        } catch (ImageProcessingException e) {
            return UPRIGHT;
        }
    }

    private static Integer ofXmp(Metadata metadata) {
        return metadata.getDirectoriesOfType(XmpDirectory.class).stream()
                .map(xmp -> xmp.getXmpProperties().get(XMP_ORIENTATION))
                .filter(value -> value != null && value.matches("[0-9]"))
                .map(Integer::valueOf)
                .findFirst()
                .orElse(null);
    }

    private static BufferedImage turned(BufferedImage image, int orientation) {
        if (orientation == UPRIGHT) {
            return image;
        }
        int width = image.getWidth();
        int height = image.getHeight();
        boolean transposed = orientation >= 5;
        boolean fromRight =
                switch (orientation) {
                    case 2, 3, 7, 8 -> true;
                    default -> false;
                };
        boolean fromBottom =
                switch (orientation) {
                    case 3, 4, 6, 7 -> true;
                    default -> false;
                };
        BufferedImage turned =
                new BufferedImage(
                        transposed ? height : width,
                        transposed ? width : height,
                        BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int column = fromRight ? width - 1 - x : x;
                int row = fromBottom ? height - 1 - y : y;
                turned.setRGB(
                        transposed ? row : column, transposed ? column : row, image.getRGB(x, y));
            }
        }
        return turned;
    }
}
