package dev.tram.experiments.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder of one of Hadoop's file systems, which may be absent. A file appears in it whole: it is
 * written under another name in {@link #UNDER_WAY}, and renamed.
 */
record HadoopFolder(FileSystem files, Path root) {

    /** The folder of what only runs under way need. */
    static final String UNDER_WAY = "savepoints";

    /** What a file is to hold. */
    @FunctionalInterface
    interface Content {

        void writeTo(OutputStream out) throws IOException;
    }

    /** Names a folder by its URL; fails if there is no such file system. */
    static HadoopFolder of(String location, Configuration settings) throws IOException {
        Path root = new Path(location);
        FileSystem files = root.getFileSystem(settings);
        // The local file system would keep a file of checksums beside each.
        files.setWriteChecksum(false);
        return new HadoopFolder(files, root);
    }

    /** Returns a path in the folder; the folder itself for an empty name. */
    Path path(String name) {
        return name.isEmpty() ? root : new Path(root, name);
    }

    /** Returns what lies in a folder; nothing if it is absent. */
    FileStatus[] list(Path path) throws IOException {
        try {
            return files.listStatus(path);
        } catch (FileNotFoundException e) {
            return new FileStatus[0];
        }
    }

    /** Writes a file, instead of an earlier one. */
    void write(Path target, Content content) throws IOException {
        Path incomplete = incomplete(content);
        files.mkdirs(target.getParent());
        files.delete(target, false);
        if (!files.rename(incomplete, target)) {
            throw new IOException(incomplete + " cannot be renamed to " + target);
        }
    }

    /** Writes a file unless there is one. */
    void writeNew(Path target, Content content) throws IOException {
        if (!files.exists(target)) {
            Path incomplete = incomplete(content);
            files.mkdirs(target.getParent());
            if (!files.rename(incomplete, target)) {
                files.delete(incomplete, false);
            }
        }
    }

    private Path incomplete(Content content) throws IOException {
        Path incomplete = path(UNDER_WAY + "/incomplete-" + UUID.randomUUID());
        try (OutputStream out = files.create(incomplete)) {
            content.writeTo(out);
        }
        return incomplete;
    }

    /** Copies a local file, which has the other one's time of modification then. */
    void upload(java.nio.file.Path local, Path target) throws IOException {
        write(target, out -> Files.copy(local, out));
        Files.setLastModifiedTime(local, time(files.getFileStatus(target)));
    }

    static FileTime time(FileStatus status) {
        return FileTime.fromMillis(status.getModificationTime());
    }
}
