package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.dataset.ImageDecoder;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.commons.io.FileUtils;

/**
 * A folder with a folder per class. An image belongs to the class whose folder it lies in, at any
 * depth; links are followed. Passed over are hidden files and folders, those that systems put
 * there, files beside the folders of the classes, and files that are not images by name or content.
 */
public final class ImageFolder {

    private static final Set<String> ENDINGS =
            Set.of("png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "heic", "avif");
    private static final Set<String> OF_SYSTEMS =
            Set.of(
                    "thumbs.db",
                    "ehthumbs.db",
                    "desktop.ini",
                    "__macosx",
                    "@eadir",
                    "$recycle.bin",
                    "system volume information",
                    "lost+found");
    private static final int SHOWN = 20;

    private final Path root;
    private final boolean hasClasses;
    private final SortedSet<Path> images = new TreeSet<>();
    private final SortedSet<Path> passedOver = new TreeSet<>();
    private final SortedSet<String> classes = new TreeSet<>(Labels.ORDER);

    private ImageFolder(Path root, boolean hasClasses) throws IOException {
        this.root = root;
        this.hasClasses = hasClasses;
        Set<FileVisitOption> links = EnumSet.of(FileVisitOption.FOLLOW_LINKS);
        Files.walkFileTree(root, links, Integer.MAX_VALUE, new Visitor());
    }

    /**
     * Reads which images there are.
     *
     * @throws IllegalArgumentException if there is no folder
     */
    public static ImageFolder read(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            throw Arguments.rejected("the images", "a folder with a folder per class", root);
        }
        return new ImageFolder(root, true);
    }

    /** Reads which images there are in a folder and below, whatever their classes. */
    public static ImageFolder readAll(Path root) throws IOException {
        return new ImageFolder(root, false);
    }

    /** Sorts what there is below the folder. */
    private final class Visitor extends SimpleFileVisitor<Path> {

        @Override
        public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) {
            if (root.equals(visited.getParent()) && !isHidden(visited)) {
                classes.add(visited.getFileName().toString());
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            boolean belongs =
                    attributes.isRegularFile()
                            && !(hasClasses && root.equals(file.getParent()))
                            && !isHidden(file)
                            && isImage(file);
            (belongs ? images : passedOver).add(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof FileSystemLoopException) {
                passedOver.add(file);
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }
    }

    private boolean isHidden(Path file) {
        for (Path part : root.relativize(file)) {
            String name = part.toString().toLowerCase(Locale.ROOT);
            if (name.startsWith(".") || OF_SYSTEMS.contains(name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isImage(Path file) throws IOException {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))
                || ImageDecoder.isImage(file);
    }

    /** Returns the files of the images in the order of their names. */
    public Collection<Path> images() {
        return images;
    }

    /** Counts files of the same content once. */
    public int countDifferent() throws IOException {
        Set<Long> checksums = new HashSet<>();
        for (Path file : images) {
            checksums.add(FileUtils.checksumCRC32(file.toFile()));
        }
        return checksums.size();
    }

    /**
     * Returns the images with their classes: rows of {@code label}, the class's folder, and {@code
     * image}, the file's bytes.
     */
    public RowSource rows() {
        return () -> new Reader(images.iterator());
    }

    /**
     * Tells what was passed over.
     *
     * @param used the classes of which an image could be decoded
     * @return lines that name files and classes, or an empty text if there are none
     */
    public String report(Collection<String> used) {
        List<String> lines = new ArrayList<>();
        if (!passedOver.isEmpty()) {
            String names =
                    passedOver.stream()
                            .limit(SHOWN)
                            .map(file -> root.getFileName().resolve(root.relativize(file)))
                            .map(Path::toString)
                            .collect(Collectors.joining(", "));
            String more = passedOver.size() > SHOWN ? ", …" : "";
            lines.add(passedOver.size() + " files are passed over: " + names + more);
        }
        classes.stream()
                .filter(name -> !used.contains(name))
                .forEach(name -> lines.add("class " + name + " of " + root + " has no images"));
        return String.join("\n", lines);
    }

    private final class Reader implements RowReader {

        private final Iterator<Path> files;

        Reader(Iterator<Path> files) {
            this.files = files;
        }

        @Override
        public Row read() throws IOException, MalformedRowException {
            if (!files.hasNext()) {
                return null;
            }
            Path file = files.next();
            Optional<String> refusal = ImageFiles.refusal(file);
            if (refusal.isPresent()) {
                throw new MalformedRowException(file.toString(), refusal.get());
            }
            String label = root.relativize(file).getName(0).toString();
            return new Row(
                    file.toString(),
                    Row.WHOLE_FILE,
                    Map.of("label", label, "image", Files.readAllBytes(file)));
        }

        @Override
        public String noun() {
            return "images";
        }

        @Override
        public void close() {}
    }
}
