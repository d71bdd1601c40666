package dev.tram.djl.transformers.dataset;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.OptionalArtifact;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Images in a folder per class; hidden files and folders are passed over. A batch's inputs are the
 * prepared images, (B, 3, H, W), float32; its labels are the classes' numbers, (B), int64. Images
 * are read anew in each epoch, and turned as their EXIF orientation says.
 */
public final class ImageFolderDataset extends BatchedDataset {

    private static final List<String> ENDINGS =
            List.of(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff");

    private final PreprocessorConfig preprocessor;
    private final List<String> labels;
    private final List<Path> files = new ArrayList<>();
    private final List<Integer> classes = new ArrayList<>();

    private ImageFolderDataset(Builder builder) throws IOException {
        super(builder);
        preprocessor = builder.preprocessor;
        List<String> names =
                list(builder.folder, Files::isDirectory)
                        .map(Path::getFileName)
                        .map(Path::toString)
                        .toList();
        labels = builder.labels == null ? names : builder.labels;
        for (String name : names) {
            if (!labels.contains(name)) {
                throw Arguments.rejected(
                        "the folders of " + builder.folder, "classes of " + labels, name);
            }
            list(builder.folder.resolve(name), ImageFolderDataset::isImage)
                    .forEach(
                            file -> {
                                files.add(file);
                                classes.add(labels.indexOf(name));
                            });
        }
        if (files.isEmpty()) {
            throw Arguments.rejected(
                    "the folder of images",
                    "a folder with CLASS/*.png or .jpg",
                    builder.folder + " with the folders " + names);
        }
    }

    private static Stream<Path> list(Path folder, Predicate<Path> wanted) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries
                    .filter(wanted)
                    .filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static boolean isImage(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith);
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns the classes.
     *
     * @return their names, in the order of their numbers
     */
    public List<String> labels() {
        return labels;
    }

    @Override
    public int size() {
        return files.size();
    }

    @Override
    int length(int example) {
        return 1;
    }

    @Override
    Prepared prepare(int[] examples) {
        float[] values =
                preprocessor.prepare(
                        Arrays.stream(examples)
                                .mapToObj(example -> read(files.get(example)))
                                .toList());
        Shape shape = preprocessor.shape(examples.length);
        long[] numbers = Arrays.stream(examples).mapToLong(classes::get).toArray();
        return new Prepared(
                manager -> new NDList(manager.create(values, shape)),
                manager -> new NDList(manager.create(numbers)));
    }

    private static BufferedImage read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
        try {
            return ImageDecoder.decode(bytes);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    file + " must be an image, received: " + e.getMessage(), e);
        }
    }

    /** Builds an {@link ImageFolderDataset}. */
    public static final class Builder extends BatchedDataset.Builder<Builder> {

        private Path folder;
        private PreprocessorConfig preprocessor;
        private List<String> labels;

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Sets where the images are.
         *
         * @param newFolder a folder with a folder of PNG, JPEG, BMP, GIF or TIFF files for each
         *     class
         * @return this builder
         */
        public Builder setFolder(Path newFolder) {
            folder = newFolder;
            return this;
        }

        /**
         * Sets how images are prepared.
         *
         * @param newPreprocessor the preparation, which is the checkpoint's
         * @return this builder
         */
        public Builder setPreprocessor(PreprocessorConfig newPreprocessor) {
            preprocessor = newPreprocessor;
            return this;
        }

        /**
         * Sets the classes, so that a data set for validation numbers them as training does.
         *
         * @param newLabels their names in the order of their numbers; by default the folders' names
         *     in alphabetical order
         * @return this builder
         */
        public Builder optLabels(List<String> newLabels) {
            labels = List.copyOf(newLabels);
            return this;
        }

        /**
         * Lists the images.
         *
         * @return the data set
         * @throws IllegalArgumentException if there are no images, or a folder is not among the
         *     labels
         * @throws IllegalStateException if the folder, the preprocessor or the sampling was not
         *     set, or {@code com.drewnoakes:metadata-extractor} is not on the class path
         * @throws IOException if the folder cannot be read
         */
        public ImageFolderDataset build() throws IOException {
            OptionalArtifact.METADATA_EXTRACTOR.require("a folder of images");
            requireSampling();
            if (folder == null || preprocessor == null) {
                throw new IllegalStateException(
                        "an image data set needs setFolder and setPreprocessor");
            }
            return new ImageFolderDataset(this);
        }
    }
}
