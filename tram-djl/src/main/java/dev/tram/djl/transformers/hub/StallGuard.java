package dev.tram.djl.transformers.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a stream that has delivered next to nothing for too long, so that its blocked reader
 * fails: bodies of {@link java.net.http.HttpClient} have no read timeout.
 */
final class StallGuard implements AutoCloseable {

    private static final double NANOS = 1e9;

    /** Bytes a second. */
    private static final int SLOWEST = 1024;

    private static final Logger logger = LoggerFactory.getLogger(StallGuard.class);
    private static final ScheduledExecutorService CLOCK =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "hub-stall-guard");
                        thread.setDaemon(true);
                        return thread;
                    });

    private final InputStream stream;
    private final Duration limit;
    private final ScheduledFuture<?> check;
    private final AtomicLong received = new AtomicLong();
    private volatile long since = System.nanoTime();
    private volatile boolean stalled;

    /** Guards a stream until closed. */
    StallGuard(InputStream stream, Duration limit) {
        this.stream = stream;
        this.limit = limit;
        long period = Math.max(1, limit.toMillis() / 4);
        check = CLOCK.scheduleWithFixedDelay(this::check, period, period, TimeUnit.MILLISECONDS);
    }

    /**
     * Reads on.
     *
     * @return how many bytes were read, -1 at the end
     * @throws IOException if the stream fails, or delivers less than 1 KiB a second for too long
     */
    int read(byte[] buffer) throws IOException {
        try {
            int n = stream.read(buffer);
            if (n >= 0 || !stalled) {
                received.addAndGet(Math.max(0, n));
                return n;
            }
        } catch (IOException e) {
            if (!stalled) {
                throw e;
            }
            logger.debug("a stalled stream", e);
        }
        throw new IOException("less than 1 KiB a second for " + limit.toSeconds() + " s");
    }

    private void check() {
        long elapsed = System.nanoTime() - since;
        if (elapsed <= limit.toNanos()) {
            return;
        }
        boolean alive = received.getAndSet(0) >= SLOWEST * (elapsed / NANOS);
        since = System.nanoTime();
        if (!alive) {
            stalled = true;
            try {
                stream.close();
            } catch (IOException e) {
                logger.debug("closing a stalled stream", e);
            }
        }
    }

    /** Ends the guard; the stream stays open. */
    @Override
    public void close() {
        check.cancel(false);
    }
}
