package dev.tram.examples.data;

import com.drew.imaging.FileType;
import com.drew.imaging.FileTypeDetector;
import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifDirectoryBase;
import com.drew.metadata.exif.ExifIFD0Directory;
import dev.tram.djl.transformers.model.RgbImage;
import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes images to the pixels that Pillow's {@code exif_transpose} and {@code convert("RGB")}
 * give: turned as their EXIF orientation says, in red, green and blue by {@link RgbImage}.
 */
public final class ImageDecoder {

    /** In the warning of Java's JPEG reader, which makes the rest grey. */
    private static final String CUT_OFF = "Premature end";

    private static final int UPRIGHT = 1;
    private static final int ORIENTATIONS = 8;

    private ImageDecoder() {}

    /**
     * Decodes an image; the first one of a file that holds several.
     *
     * @param file the bytes of a PNG, JPEG, GIF, BMP or TIFF file
     * @return an image of type {@link BufferedImage#TYPE_INT_RGB}
     * @throws IOException if it cannot be decoded, naming the format if it is known
     */
    public static BufferedImage decode(byte[] file) throws IOException {
        // unlike ImageIO with a plain stream, without a file to buffer it
        try (MemoryCacheImageInputStream stream =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
            if (!readers.hasNext()) {
                throw new IOException(format(file));
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(stream, true, true);
                return turned(RgbImage.of(read(reader)), orientation(file));
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

    /** Whether a file begins like an image, of a format that can be decoded or of another one. */
    static boolean isImage(Path file) throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            String type = type(stream).getMimeType();
            return type != null && type.startsWith("image/");
        }
    }

    /** Where a file has a colour profile, its values are left in the profile's colour space. */
    private static BufferedImage read(ImageReader reader) throws IOException {
        Iterator<ImageTypeSpecifier> types = reader.getImageTypes(0);
        ImageTypeSpecifier chosen = types.next();
        while (types.hasNext()) {
            ImageTypeSpecifier other = types.next();
            if (isStandard(chosen)
                    && !isStandard(other)
                    && other.getNumBands() == chosen.getNumBands()) {
                chosen = other;
            }
        }
        ImageReadParam parameters = reader.getDefaultReadParam();
        parameters.setDestinationType(chosen);
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        BufferedImage image = reader.read(0, parameters);
        if (warnings.stream().anyMatch(warning -> warning.contains(CUT_OFF))) {
            throw new IOException(warnings.toString());
        }
        return image;
    }

    private static boolean isStandard(ImageTypeSpecifier type) {
        return type.getColorModel().getColorSpace().isCS_sRGB();
    }

    /** EXIF's number from 1 to 8; upright if there is none, or no such one. */
    private static int orientation(byte[] file) throws IOException {
        try {
            Metadata metadata =
                    ImageMetadataReader.readMetadata(new ByteArrayInputStream(file), file.length);
            ExifIFD0Directory exif = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
            Integer orientation =
                    exif == null ? null : exif.getInteger(ExifDirectoryBase.TAG_ORIENTATION);
            return orientation == null || orientation < UPRIGHT || orientation > ORIENTATIONS
                    ? UPRIGHT
                    : orientation;
        } catch (ImageProcessingException e) {
            return UPRIGHT;
        }
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
