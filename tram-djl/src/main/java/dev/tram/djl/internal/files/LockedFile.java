package dev.tram.djl.internal.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Work that no other thread and no other process does at the same time. */
public final class LockedFile {

    /** A lock of a file keeps out other processes alone. */
    private static final ReentrantLock WITHIN_PROCESS = new ReentrantLock();

    private LockedFile() {}

    /**
     * Some work.
     *
     * @param <T> what comes of it
     */
    @FunctionalInterface
    public interface Work<T> {

        /**
         * Does the work.
         *
         * @return what comes of it
         * @throws IOException if a file cannot be read or written
         */
        T run() throws IOException;
    }

    /**
     * Waits for whoever holds the lock, then does some work.
     *
     * @param file what is locked, in a folder that exists; it is created and stays, empty
     * @param work the work
     * @param <T> what comes of it
     * @return what comes of it
     * @throws IOException if the file cannot be locked, or the work fails
     */
    public static <T> T exclusively(Path file, Work<T> work) throws IOException {
        WITHIN_PROCESS.lock();
        try (FileChannel channel = open(file);
                FileLock lock = channel.lock()) {
            if (!lock.isValid()) {
                throw new IOException("cannot lock " + file);
            }
            return work.run();
        } finally {
            WITHIN_PROCESS.unlock();
        }
    }

    /**
     * Does some work unless somebody holds the lock.
     *
     * @param file what is locked, in a folder that exists; it is created and stays, empty
     * @param work the work
     * @param <T> what comes of it
     * @return what comes of it; empty if another thread or process holds the lock
     * @throws IOException if the file cannot be locked, or the work fails
     */
    public static <T> Optional<T> ifFree(Path file, Work<T> work) throws IOException {
        try (FileChannel channel = open(file);
                FileLock lock = tryLock(channel)) {
            return lock == null ? Optional.empty() : Optional.of(work.run());
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
}
