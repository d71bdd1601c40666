package dev.tram.djl.transformers.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a stream that has delivered nothing for too long, so that its blocked reader fails: bodies
 * of {@link java.net.http.HttpClient} have no read timeout.
 */
final class StallGuard implements AutoCloseable {

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
    private volatile long lastSign = System.nanoTime();

    /** Guards a stream until closed. */
    StallGuard(InputStream stream, Duration limit) {
        this.stream = stream;
        this.limit = limit;
        long period = Math.max(1, limit.toMillis() / 4);
        check = CLOCK.scheduleWithFixedDelay(this::check, period, period, TimeUnit.MILLISECONDS);
    }

    /** Notes that the stream has delivered. */
    void alive() {
        lastSign = System.nanoTime();
    }

    private void check() {
        if (System.nanoTime() - lastSign > limit.toNanos()) {
            logger.warn("no byte received for {} s", limit.toSeconds());
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
