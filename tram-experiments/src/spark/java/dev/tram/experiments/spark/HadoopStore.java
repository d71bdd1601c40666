package dev.tram.experiments.spark;

import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.experiments.ExperimentStore;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;

/**
 * A folder of one of Hadoop's file systems, in the layout of a local one, with a scratch folder of
 * this machine. A copy is up to date if length and time of modification are the same. Savepoints
 * are zip files, savepoints/…/METHOD-SEED/STEP.zip.
 */
final class HadoopStore implements ExperimentStore {

    private static final String ZIP = ".zip";

    private final HadoopFolder remote;
    private final FileSystem files;
    private final Scratch scratch;

    HadoopStore(HadoopFolder remote) throws IOException {
        this.remote = remote;
        files = remote.files();
        scratch = Scratch.in(Path.of(System.getProperty("java.io.tmpdir")));
    }

    @Override
    public Path folder() {
        return scratch.folder();
    }

    @Override
    public String name(Path path) {
        return there(path).toString();
    }

    private String relative(Path path) {
        return folder().relativize(path).toString();
    }

    private org.apache.hadoop.fs.Path there(Path path) {
        return remote.path(relative(path));
    }

    @Override
    public boolean isEmpty() throws IOException {
        return remote.list(remote.path("")).length == 0;
    }

    @Override
    public void pull(Path path) throws IOException {
        FileStatus status;
        try {
            status = files.getFileStatus(there(path));
        } catch (FileNotFoundException e) {
            return;
        }
        pull(status, path);
    }

    private void pull(FileStatus status, Path path) throws IOException {
        if (status.isDirectory()) {
            for (FileStatus inner : files.listStatus(status.getPath())) {
                pull(inner, path.resolve(inner.getPath().getName()));
            }
        } else if (!isSame(status, path)) {
            Files.createDirectories(path.getParent());
            AtomicFile.write(
                    path,
                    incomplete -> {
                        try (InputStream in = files.open(status.getPath())) {
                            Files.copy(in, incomplete);
                        }
                    });
            Files.setLastModifiedTime(path, HadoopFolder.time(status));
        }
    }

    private static boolean isSame(FileStatus status, Path path) throws IOException {
        return Files.exists(path)
                && Files.size(path) == status.getLen()
                && Files.getLastModifiedTime(path).equals(HadoopFolder.time(status));
    }

    @Override
    public void push(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                org.apache.hadoop.fs.Path target = there(file);
                if (!files.exists(target) || !isSame(files.getFileStatus(target), file)) {
                    remote.upload(file, target);
                }
            }
        }
    }

    @Override
    public void agree(Path file) throws IOException {
        remote.writeNew(there(file), out -> Files.copy(file, out));
        pull(file);
    }

    @Override
    public void save(Path checkpoint, int step, List<Path> besides) throws IOException {
        org.apache.hadoop.fs.Path folder = savepoints(checkpoint);
        Stream<Path> content = Stream.concat(Stream.of(checkpoint), besides.stream());
        org.apache.hadoop.fs.Path zip = new org.apache.hadoop.fs.Path(folder, step + ZIP);
        remote.write(zip, out -> Archive.write(folder(), content.toList(), out));
        for (FileStatus earlier : remote.list(folder)) {
            if (!earlier.getPath().getName().equals(zip.getName())) {
                files.delete(earlier.getPath(), false);
            }
        }
    }

    @Override
    public void restore(Path checkpoint) throws IOException {
        List<org.apache.hadoop.fs.Path> zips =
                Arrays.stream(remote.list(savepoints(checkpoint)))
                        .map(FileStatus::getPath)
                        .filter(file -> file.getName().matches("\\d+\\" + ZIP))
                        .sorted(Comparator.comparing(HadoopStore::step))
                        .toList();
        if (!zips.isEmpty()) {
            try (InputStream in = files.open(zips.get(zips.size() - 1))) {
                Archive.read(in, folder());
            }
        }
    }

    private static int step(org.apache.hadoop.fs.Path zip) {
        String name = zip.getName();
        return Integer.parseInt(name.substring(0, name.length() - ZIP.length()));
    }

    private org.apache.hadoop.fs.Path savepoints(Path checkpoint) {
        return remote.path(HadoopFolder.UNDER_WAY + "/" + relative(checkpoint));
    }

    @Override
    public void forget(Path checkpoint) throws IOException {
        files.delete(savepoints(checkpoint), true);
    }

    @Override
    public void tidy() throws IOException {
        files.delete(remote.path(HadoopFolder.UNDER_WAY), true);
    }

    @Override
    public void close() throws IOException {
        scratch.close();
    }
}
