package dev.tram.examples.task.imagefolder;

import dev.tram.djl.transformers.dataset.ImageDecoder.Remark;
import dev.tram.experiments.Json;
import dev.tram.experiments.data.ImageFiles;
import dev.tram.experiments.data.ImageRows;
import dev.tram.experiments.data.Labels;
import dev.tram.experiments.data.MalformedRowException;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.Row;
import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.RowSource;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.commons.io.IOUtils;
import org.apache.commons.io.function.IOConsumer;

/**
 * Images on disk as they were encoded, to be read in any order, and the class of each. Safe for
 * concurrent use.
 */
final class EncodedImages implements Closeable {

    private static final String IMAGES = "images";
    private static final String LABELS = "labels.json";

    private static final List<String> IMAGE_COLUMNS = List.of("image", "img");
    private static final List<String> LABEL_COLUMNS = List.of("label", "labels", "fine_label");

    private final RecordFile images;
    private final List<String> labels;

    private EncodedImages(RecordFile images, List<String> labels) {
        this.images = images;
        this.labels = labels;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Labelled(byte[] image, String label, Writer writer) {}

    /** Writes images and their classes to a directory. */
    private static final class Writer implements Closeable {

        private final Path directory;
        private final RecordFile.Writer images;
        private final List<String> labels = new ArrayList<>();

        Writer(Path directory) throws IOException {
            this.directory = Files.createDirectories(directory);
            images = RecordFile.create(directory.resolve(IMAGES));
        }

        void add(Labelled labelled) throws IOException {
            images.add(labelled.image());
            labels.add(labelled.label());
        }

        @Override
        public void close() throws IOException {
            try (images) {
                Json.write(directory.resolve(LABELS), labels);
            }
        }
    }

    /**
     * Copies the images of some rows, in one pass; those that cannot be decoded count as malformed.
     *
     * @param rows rows of an image, the bytes of a file, and its class
     * @param directory what gets a directory for each part, which {@link #open} opens
     * @param parts the parts' names; an empty one is the directory itself
     * @param partOf which part a row belongs to
     * @throws IllegalArgumentException if more than 1 % of the rows are malformed
     */
    static RowCensus copy(
            RowSource rows, Path directory, List<String> parts, Function<Row, String> partOf)
            throws IOException {
        Map<Remark, Integer> remarks = new EnumMap<>(Remark.class);
        Map<String, Writer> writers = new HashMap<>();
        RowCensus census;
        try (Closeable all = () -> IOUtils.close(writers.values().toArray(Writer[]::new))) {
            for (String part : parts) {
                writers.put(part, new Writer(directory.resolve(part)));
            }
            IOConsumer<Labelled> write = labelled -> labelled.writer().add(labelled);
            census =
                    RowCensus.of(
                            rows,
                            row ->
                                    parse(
                                            row,
                                            writers.get(partOf.apply(row)),
                                            remark -> remarks.merge(remark, 1, Integer::sum)),
                            write.asConsumer());
        }
        for (Map.Entry<Remark, Integer> remark : remarks.entrySet()) {
            census = census.withRemark(remark.getValue() + " images have " + remark.getKey());
        }
        return census;
    }

    private static Labelled parse(Row row, Writer writer, Consumer<Remark> remarks)
            throws MalformedRowException {
        byte[] image =
                row.values().get(ImageRows.PIXELS) instanceof byte[] pixels
                        ? png(ImageRows.cifarImage(pixels))
                        : bytes(row, row.value(column(row, IMAGE_COLUMNS)));
        try {
            ImageFiles.decode(image, remarks);
        } catch (IOException e) {
            throw row.malformed("the image cannot be decoded: " + e.getMessage());
        }
        return new Labelled(image, row.text(column(row, LABEL_COLUMNS)), writer);
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

    /** Opens what {@link #copy} made. */
    static EncodedImages open(Path directory) throws IOException {
        List<String> labels = List.of(Json.read(directory.resolve(LABELS), String[].class));
        return new EncodedImages(RecordFile.open(directory.resolve(IMAGES)), labels);
    }

    int size() {
        return images.size();
    }

    SortedSet<String> labels() {
        SortedSet<String> all = new TreeSet<>(Labels.ORDER);
        all.addAll(labels);
        return all;
    }

    String label(int number) {
        return labels.get(number);
    }

    BufferedImage get(int number) {
        try {
            return ImageFiles.decode(images.get(number).array(), remark -> {});
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
