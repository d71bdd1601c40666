package dev.tram.experiments.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Files of a folder as a zip file, which is not compressed: weights hardly become smaller. */
final class Archive {

    private Archive() {}

    /** Writes what there is of some files and directories, by their names in the folder. */
    static void write(Path folder, List<Path> paths, OutputStream out) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(out);
        zip.setLevel(Deflater.NO_COMPRESSION);
        for (Path path : paths) {
            if (Files.exists(path)) {
                add(folder, path, zip);
            }
        }
        zip.finish();
    }

    private static void add(Path folder, Path path, ZipOutputStream zip) throws IOException {
        try (Stream<Path> all = Files.walk(path)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                zip.putNextEntry(new ZipEntry(folder.relativize(file).toString()));
                Files.copy(file, zip);
                zip.closeEntry();
            }
        }
    }

    /**
     * Unpacks files, in place of those of the same names.
     *
     * @param in the zip file
     * @param folder where they go
     */
    static void read(InputStream in, Path folder) throws IOException {
        ZipInputStream zip = new ZipInputStream(in);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            Path file = folder.resolve(entry.getName()).normalize();
            if (!file.startsWith(folder)) {
                throw new IOException("a savepoint must stay in its folder: " + entry.getName());
            }
            Files.createDirectories(file.getParent());
            Files.copy(zip, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
