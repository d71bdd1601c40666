package dev.tram.examples.task.imagefolder;

import dev.tram.djl.internal.files.PositionedRead;
import dev.tram.djl.transformers.dataset.ImageDecoder.Remark;
import dev.tram.examples.data.ImageFiles;
import dev.tram.examples.data.ImageRows;
import dev.tram.examples.data.Labels;
import dev.tram.examples.data.MalformedRowException;
import dev.tram.examples.data.Row;
import dev.tram.examples.data.RowCensus;
import dev.tram.examples.data.RowSource;
import java.awt.image.BufferedImage;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * Images on disk as they were encoded, to be read in any order: images.bin holds them one after the
 * other, images.index per image its length (4 bytes) and its class (UTF). Safe for concurrent use.
 */
final class EncodedImages implements Closeable {

    private static final String IMAGES = "images.bin";
    private static final String INDEX = "images.index";

    private static final List<String> IMAGE_COLUMNS = List.of("image", "img");
    private static final List<String> LABEL_COLUMNS = List.of("label", "labels", "fine_label");

    private final FileChannel images;
    private final List<Entry> entries;

    private EncodedImages(FileChannel images, List<Entry> entries) {
        this.images = images;
        this.entries = entries;
    }

    private record Entry(long begin, int length, String label) {}

    private record Labelled(ByteBuffer image, String label) {}

    /**
     * Copies the images of some rows; those that cannot be decoded count as malformed.
     *
     * @param directory where the two files are written
     * @param rows rows of an image, the bytes of a file, and its class
     * @return how many rows there were
     * @throws IllegalArgumentException if more than 1 % of the rows are malformed
     */
    static RowCensus write(Path directory, RowSource rows) throws IOException {
        try (DataOutputStream images = out(directory.resolve(IMAGES));
                DataOutputStream index = out(directory.resolve(INDEX))) {
            Map<Remark, Integer> remarks = new EnumMap<>(Remark.class);
            RowCensus census =
                    RowCensus.of(
                            rows,
                            row -> parse(row, remark -> remarks.merge(remark, 1, Integer::sum)),
                            labelled -> {
                                try {
                                    images.write(labelled.image().array());
                                    index.writeInt(labelled.image().capacity());
                                    index.writeUTF(labelled.label());
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
            for (Map.Entry<Remark, Integer> remark : remarks.entrySet()) {
                census = census.withRemark(remark.getValue() + " images have " + remark.getKey());
            }
            return census;
        }
    }

    private static DataOutputStream out(Path file) throws IOException {
        return new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)));
    }

    private static Labelled parse(Row row, Consumer<Remark> remarks) throws MalformedRowException {
        byte[] image =
                row.values().get(ImageRows.PIXELS) instanceof byte[] pixels
                        ? png(ImageRows.cifarImage(pixels))
                        : bytes(row, row.value(column(row, IMAGE_COLUMNS)));
        try {
            ImageFiles.decode(image, remarks);
        } catch (IOException e) {
            throw row.malformed("the image cannot be decoded: " + e.getMessage());
        }
        return new Labelled(ByteBuffer.wrap(image), row.text(column(row, LABEL_COLUMNS)));
    }

    private static byte[] png(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The first of some columns that the row has, else the first of all, which is then missed. */
    private static String column(Row row, List<String> names) {
        return names.stream().filter(row.values()::containsKey).findFirst().orElse(names.get(0));
    }

    private static byte[] bytes(Row row, Object value) throws MalformedRowException {
        Object bytes = value instanceof Map<?, ?> struct ? struct.get("bytes") : value;
        if (bytes instanceof byte[] image) {
            return image;
        }
        throw row.malformed("the image holds no bytes");
    }

    /**
     * Opens images.
     *
     * @param directory where the two files lie
     */
    static EncodedImages open(Path directory) throws IOException {
        List<Entry> entries = new ArrayList<>();
        long begin = 0;
        try (DataInputStream index =
                new DataInputStream(
                        new BufferedInputStream(Files.newInputStream(directory.resolve(INDEX))))) {
            while (true) {
                int length = index.readInt();
                entries.add(new Entry(begin, length, index.readUTF()));
                begin += length;
            }
        } catch (EOFException e) {
            return new EncodedImages(
                    FileChannel.open(directory.resolve(IMAGES), StandardOpenOption.READ), entries);
        }
    }

    int size() {
        return entries.size();
    }

    /** Returns the classes of all images. */
    SortedSet<String> labels() {
        return entries.stream()
                .map(Entry::label)
                .collect(Collectors.toCollection(() -> new TreeSet<>(Labels.ORDER)));
    }

    /** Returns an image's class. */
    String label(int number) {
        return entries.get(number).label();
    }

    /** Reads and decodes an image. */
    BufferedImage get(int number) {
        Entry entry = entries.get(number);
        ByteBuffer bytes = ByteBuffer.allocate(entry.length());
        try {
            PositionedRead.fill(images, entry.begin(), bytes, "a file of images");
            return ImageFiles.decode(bytes.array(), remark -> {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads and decodes images, several at a time where there are processors. */
    List<BufferedImage> getAll(int... numbers) {
        return IntStream.of(numbers).parallel().mapToObj(this::get).toList();
    }

    @Override
    public void close() throws IOException {
        images.close();
    }
}
