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
            if (!hasSplits(root)) {
                opened.addAll(divided(root, cache, out));
                return of(opened, out);
            }
            for (List<String> names : List.of(TRAINING, VALIDATION, TEST)) {
                Split split = Split.find(root, names);
                if (split == null && !names.equals(VALIDATION)) {
                    throw missing(names.get(0), root);
                }
                opened.add(split == null ? null : split.open(root, cache, out));
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

    /** Whether a directory has a split, or nothing that could be divided. */
    private static boolean hasSplits(Path root) throws IOException {
        for (List<String> names : List.of(TRAINING, VALIDATION, TEST)) {
            if (Split.find(root, names) != null) {
                return true;
            }
        }
        return ImageFolder.read(root).images().isEmpty();
    }

    private static List<EncodedImages> divided(Path root, ModelCache cache, PrintStream out)
            throws IOException {
        ImageFolder folder = ImageFolder.read(root);
        List<Object> recipe =
                new ArrayList<>(List.of(VERSION, "divided", root.toRealPath(), Limit.changed()));
        for (Path file : folder.images()) {
            recipe.add(FileIdentity.of(file));
        }
        Path copy =
                cache.get(
                        ModelCache.key("images", recipe, List.of()),
                        work -> {
                            DividedImages divided =
                                    DividedImages.of(folder.rows().watched(out::println));
                            RowCensus census = copy(divided, work);
                            String rare =
                                    divided.whole().isEmpty()
                                            ? ""
                                            : "classes too rare to divide, all trained on: "
                                                    + Columns.inWords(divided.whole());
                            Files.writeString(
                                    work.resolve(REPORT), census.withRemark(rare).report());
                            return work;
                        });
        tell(Files.readString(copy.resolve(REPORT)), out);
        List<EncodedImages> shares = new ArrayList<>();
        for (Share share : Share.values()) {
            shares.add(EncodedImages.open(copy.resolve(share.name())));
        }
        tell(folder.report(shares.get(0).labels()), out);
        requireEach(folder, root, shares);
        return shares;
    }

    /** Copies each share to its directory, in one pass, so that what is broken is counted once. */
    private static RowCensus copy(DividedImages divided, Path work) throws IOException {
        try (EncodedImages.Writer training = writer(work, Share.TRAINING);
                EncodedImages.Writer validation = writer(work, Share.VALIDATION);
                EncodedImages.Writer test = writer(work, Share.TEST)) {
            return EncodedImages.copy(
                    divided.rows(),
                    row ->
                            switch (divided.share(row)) {
                                case TRAINING -> training;
                                case VALIDATION -> validation;
                                case TEST -> test;
                            });
        }
    }

    private static EncodedImages.Writer writer(Path work, Share share) throws IOException {
        return new EncodedImages.Writer(Files.createDirectory(work.resolve(share.name())));
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
     * Where a split's images are.
     *
     * @param files the files that determine them
     * @param rows the images with their classes
     * @param folder the folder with a folder per class, or null
     */
    private record Split(List<Path> files, RowSource rows, ImageFolder folder) {

        static Split find(Path root, List<String> names) throws IOException {
            for (String name : names) {
                Path directory = root.resolve(name);
                if (Files.isDirectory(directory)) {
                    ImageFolder folder = ImageFolder.read(directory);
                    List<Path> images = List.copyOf(folder.images());
                    return images.isEmpty() ? null : new Split(images, folder.rows(), folder);
                }
                for (Path place : List.of(root, root.resolve("cifar-100-binary"))) {
                    Path file = place.resolve(name + BINARY);
                    if (Files.isRegularFile(file)) {
                        return new Split(List.of(file), ImageRows.cifar100(file), null);
                    }
                }
                for (Path place : List.of(root, root.resolve("data"))) {
                    List<Path> tables = parquet(place, name);
                    if (!tables.isEmpty()) {
                        List<RowSource> rows = tables.stream().map(RowSource::of).toList();
                        return new Split(tables, RowSource.concat(rows), null);
                    }
                }
            }
            return null;
        }

        EncodedImages open(Path root, ModelCache cache, PrintStream out) throws IOException {
            List<Object> recipe =
                    new ArrayList<>(List.of(VERSION, root.toRealPath(), Limit.changed()));
            for (Path file : files) {
                recipe.add(FileIdentity.of(file));
            }
            Path copy =
                    cache.get(
                            ModelCache.key("images", recipe, List.of()),
                            work -> {
                                RowCensus census;
                                try (EncodedImages.Writer writer = new EncodedImages.Writer(work)) {
                                    census =
                                            EncodedImages.copy(
                                                    rows.watched(out::println), row -> writer);
                                }
                                Files.writeString(work.resolve(REPORT), census.report());
                                return work;
                            });
            tell(Files.readString(copy.resolve(REPORT)), out);
            EncodedImages images = EncodedImages.open(copy);
            if (folder != null) {
                tell(folder.report(images.labels()), out);
            }
            return images;
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
