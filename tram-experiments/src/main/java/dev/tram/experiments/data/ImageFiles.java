package dev.tram.experiments.data;

import dev.tram.djl.internal.files.RegularFile;
import dev.tram.djl.transformers.dataset.ImageDecoder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads and decodes images within the limits of the command line. */
public final class ImageFiles {

    private ImageFiles() {}

    /**
     * Reads a file that holds an image.
     *
     * @throws IOException if it cannot be read, or is larger than {@link Limit#FILE}
     */
    public static byte[] read(Path file) throws IOException {
        Optional<String> refusal = refusal(file);
        if (refusal.isPresent()) {
            throw new IOException(refusal.get());
        }
        return Files.readAllBytes(file);
    }

    /** Says why a file is not read, if it is larger than {@link Limit#FILE}. */
    static Optional<String> refusal(Path file) throws IOException {
        long size = Files.size(RegularFile.require(file));
        return size > Limit.FILE.value()
                ? Optional.of(Limit.FILE.complaint(size, "bytes"))
                : Optional.empty();
    }

    /**
     * Decodes an image.
     *
     * @param remarks is told where pixels are not the file's
     * @return an image of type {@link BufferedImage#TYPE_INT_RGB}
     * @throws IOException if it cannot be decoded, or is larger than {@link Limit#IMAGE}
     */
    public static BufferedImage decode(byte[] file, Consumer<ImageDecoder.Remark> remarks)
            throws IOException {
        try {
            return ImageDecoder.decode(file, Limit.IMAGE.value(), remarks);
        } catch (ImageDecoder.TooLargeException e) {
            throw new IOException(
                    e.getMessage() + " (" + Limit.IMAGE.option() + "=N sets that)", e);
        }
    }
}
