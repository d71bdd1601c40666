package dev.tram.djl.internal.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Files and directories under a name of their own until they are complete. Unlike those of {@link
 * Files}, they have the permissions that any new file has: they become what others read, too.
 */
public final class TemporaryFiles {

    private TemporaryFiles() {}

    /**
     * Creates an empty file.
     *
     * @param directory where
     * @param prefix what its name begins with
     * @param suffix what its name ends with
     * @return the file
     * @throws IOException if it cannot be created
     */
    public static Path file(Path directory, String prefix, String suffix) throws IOException {
        return Files.createTempFile(directory, prefix, suffix, permissions(directory, "rw-rw-rw-"));
    }

    /**
     * Creates an empty directory.
     *
     * @param parent where
     * @param prefix what its name begins with
     * @return the directory
     * @throws IOException if it cannot be created
     */
    public static Path directory(Path parent, String prefix) throws IOException {
        return Files.createTempDirectory(parent, prefix, permissions(parent, "rwxrwxrwx"));
    }

    /** What is asked of the system, which takes the bits of the process's umask from it. */
    private static FileAttribute<?>[] permissions(Path place, String wanted) {
        return place.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(wanted))
                }
                : new FileAttribute<?>[0];
    }
}
