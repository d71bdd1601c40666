package dev.tram.examples.sweep;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps a cell for one process: the system lets go of it when the process ends, however it ends.
 */
public final class CellLock implements AutoCloseable {

    private static final Duration PAUSE = Duration.ofMillis(200);

    private final FileChannel channel;

    private CellLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Takes a lock; empty if somebody has it. */
    public static Optional<CellLock> take(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return Optional.of(new CellLock(channel));
            }
        } catch (OverlappingFileLockException e) {
            // A thread of this process has it.
        }
        channel.close();
        return Optional.empty();
    }

    public static CellLock await(Path file) throws IOException {
        while (true) {
            Optional<CellLock> taken = take(file);
            if (taken.isPresent()) {
                return taken.get();
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
