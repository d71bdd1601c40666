package dev.tram.examples.task.imagefolder;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.data.Columns;
import dev.tram.experiments.data.FileIdentity;
import dev.tram.experiments.data.ImageFolder;
import dev.tram.experiments.data.ImageRows;
import dev.tram.experiments.data.Labels;
import dev.tram.experiments.data.Limit;
import dev.tram.experiments.data.OneLine;
import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.RowSource;
import dev.tram.experiments.data.Share;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Stream;
import org.apache.commons.io.IOUtils;

/**
 * Images with classes in three splits. A split NAME is a folder NAME with a folder per class, or
 * all NAME*.parquet in the directory or in its subdirectory data, as on the Hugging Face hub, or
 * NAME.bin of CIFAR-100's binary version there or in cifar-100-binary. A directory that has none of
 * them is itself the folder with a folder per class, and is divided.
 *
 * @param classes the classes' names, in the order of their numbers
 * @param validation what a model is selected by; null if there is no such split
 * @param test what a trained model is judged on
 */
record ImageData(
        List<String> classes, EncodedImages training, EncodedImages validation, EncodedImages test)
        implements Closeable {

    /** Raised whenever other files are written. */
    private static final int VERSION = 5;

    private static final List<String> TRAINING = List.of("train");
    private static final List<String> VALIDATION = List.of("validation", "valid", "val");
    private static final List<String> TEST = List.of("test");
    private static final String BINARY = ".bin";

    /** The directories of a folder's copy that is divided, and the only one of another copy. */
    private static final List<String> SPLITS = Stream.of(Share.values()).map(Share::name).toList();

    private static final List<String> WHOLE = List.of("");

    /** What was left out when the images were copied. */
    private static final String REPORT = "report.txt";

    /**
     * Opens a directory; its images are copied to the cache the first time.
     *
     * @param out where it is told what was left out and passed over
     * @throws IllegalArgumentException if there are no images to train on or to test on, or classes
     *     in the test that are never trained on
     */
    static ImageData open(Path root, ModelCache cache, PrintStream out) throws IOException {
        if (!Files.isDirectory(root)) {
            throw Arguments.rejected(
                    "--data",
                    "a directory",
                    root + (Files.exists(root) ? "" : ", which does not exist"));
        }
        List<EncodedImages> opened = new ArrayList<>();
        try {
            Source training = Source.split(root, TRAINING);
            Source validation = Source.split(root, VALIDATION);
            Source test = Source.split(root, TEST);
            boolean hasSplits = training != null || validation != null || test != null;
            ImageFolder undivided = hasSplits ? null : ImageFolder.read(root);
            if (!hasSplits && !undivided.images().isEmpty()) {
                opened.addAll(Source.divided(root, undivided).open(cache, out));
                requireEach(undivided, root, opened);
            } else if (training == null || test == null) {
                throw missing(training == null ? "train" : "test", root);
            } else {
                opened.addAll(training.open(cache, out));
                opened.add(validation == null ? null : validation.open(cache, out).get(0));
                opened.addAll(test.open(cache, out));
            }
            return of(opened, out);
        } catch (IOException | IllegalArgumentException e) {
            IOUtils.close(opened.toArray(EncodedImages[]::new));
            throw e;
        }
    }

    private static IllegalArgumentException missing(String split, Path root) {
        return Arguments.rejected(
                "--data",
                "a directory with CLASS/*.png or .jpg, which is divided; or with train and test, as"
                        + " train/CLASS/*.png, train*.parquet or CIFAR-100's train.bin",
                root + " without images for " + split);
    }

    private static ImageData of(List<EncodedImages> splits, PrintStream out) {
        SortedSet<String> labels = splits.get(0).labels();
        if (labels.size() > Limit.CLASSES.value()) {
            throw Arguments.rejected(
                    "--data", Limit.CLASSES.inWords("classes"), labels.size() + " classes");
        }
        List<String> classes = List.copyOf(labels);
        tell(Labels.alike(classes), out);
        splits.forEach(images -> requireClasses(images, labels));
        return new ImageData(classes, splits.get(0), splits.get(1), splits.get(2));
    }

    /** Equal images stay together, so that many of them may make a single share. */
    private static void requireEach(ImageFolder folder, Path root, List<EncodedImages> shares)
            throws IOException {
        if (shares.stream().anyMatch(share -> share.size() == 0)) {
            int all = shares.stream().mapToInt(EncodedImages::size).sum();
            int different = folder.countDifferent();
            throw new IllegalArgumentException(
                    root
                            + " has too few images to divide into train, validation and test, "
                            + (different < all ? different + " different ones of " + all : all)
                            + ": give at least about 30, or the folders train and test");
        }
    }

    private static void tell(String lines, PrintStream out) {
        lines.lines().map(OneLine::of).forEach(out::println);
    }

    /**
     * Images that are copied together.
     *
     * @param files the files that determine them
     * @param rows the images with their classes
     * @param folder the folder with a folder per class, or null
     * @param isDivided whether they become three splits
     */
    private record Source(
            Path root, List<Path> files, RowSource rows, ImageFolder folder, boolean isDivided) {

        /** Finds a split by its names; null if there is none. */
        static Source split(Path root, List<String> names) throws IOException {
            for (String name : names) {
                Path directory = root.resolve(name);
                if (Files.isDirectory(directory)) {
                    ImageFolder folder = ImageFolder.read(directory);
                    List<Path> images = List.copyOf(folder.images());
                    return images.isEmpty()
                            ? null
                            : new Source(root, images, folder.rows(), folder, false);
                }
                for (Path place : List.of(root, root.resolve("cifar-100-binary"))) {
                    Path file = place.resolve(name + BINARY);
                    if (Files.isRegularFile(file)) {
                        RowSource rows = ImageRows.cifar100(file);
                        return new Source(root, List.of(file), rows, null, false);
                    }
                }
                for (Path place : List.of(root, root.resolve("data"))) {
                    List<Path> tables = parquet(place, name);
                    if (!tables.isEmpty()) {
                        List<RowSource> rows = tables.stream().map(RowSource::of).toList();
                        return new Source(root, tables, RowSource.concat(rows), null, false);
                    }
                }
            }
            return null;
        }

        static Source divided(Path root, ImageFolder folder) {
            return new Source(root, List.copyOf(folder.images()), folder.rows(), folder, true);
        }

        /** Copies the images to the cache the first time. Returns each split. */
        List<EncodedImages> open(ModelCache cache, PrintStream out) throws IOException {
            List<Object> recipe = new ArrayList<>();
            recipe.add(VERSION);
            if (isDivided) {
                recipe.add("divided");
            }
            recipe.add(root.toRealPath());
            recipe.add(Limit.changed());
            files.forEach(file -> recipe.add(FileIdentity.of(file)));
            Path copy =
                    cache.get(
                            ModelCache.key("images", recipe, List.of()),
                            work -> {
                                RowCensus census = copy(rows.watched(out::println), work);
                                Files.writeString(work.resolve(REPORT), census.report());
                                return work;
                            });
            tell(Files.readString(copy.resolve(REPORT)), out);
            List<EncodedImages> opened = new ArrayList<>();
            for (String split : isDivided ? SPLITS : WHOLE) {
                opened.add(EncodedImages.open(copy.resolve(split)));
            }
            if (folder != null) {
                tell(folder.report(opened.get(0).labels()), out);
            }
            return opened;
        }

        private RowCensus copy(RowSource watched, Path work) throws IOException {
            if (!isDivided) {
                return EncodedImages.copy(watched, work, WHOLE, row -> WHOLE.get(0));
            }
            DividedImages divided = DividedImages.of(watched);
            RowCensus census =
                    EncodedImages.copy(watched, work, SPLITS, row -> divided.share(row).name());
            return divided.whole().isEmpty()
                    ? census
                    : census.withRemark(
                            "classes too rare to divide, all trained on: "
                                    + Columns.inWords(divided.whole()));
        }
    }

    private static List<Path> parquet(Path place, String name) throws IOException {
        if (!Files.isDirectory(place)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(place)) {
            return files.filter(file -> file.getFileName().toString().startsWith(name))
                    .filter(file -> file.toString().endsWith(".parquet"))
                    .sorted()
                    .toList();
        }
    }

    private static void requireClasses(EncodedImages images, Set<String> classes) {
        if (images != null) {
            for (int i = 0; i < images.size(); i++) {
                if (!classes.contains(images.label(i))) {
                    throw Arguments.rejected(
                            "--data", "only classes that are trained on", images.label(i));
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        IOUtils.close(training, validation, test);
    }
}
