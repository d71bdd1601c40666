package dev.tram.experiments.data;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Says now and then how many rows were read, from the opening to the closing, so that a long table,
 * and what is made of its rows, are not taken for a standstill.
 */
final class WatchedRows implements RowReader {

    private final Timer clock = new Timer("rows so far", true);
    private final AtomicLong rows = new AtomicLong();
    private final RowReader reader;

    /**
     * Opens rows.
     *
     * @param interval how long nothing is said
     */
    WatchedRows(RowSource source, Duration interval, Consumer<String> told) throws IOException {
        TimerTask tell =
                new TimerTask() {
                    @Override
                    public void run() {
                        told.accept(String.format(Locale.ROOT, "%,d rows so far ...", rows.get()));
                    }
                };
        clock.schedule(tell, interval.toMillis(), interval.toMillis());
        try {
            reader = source.open();
        } catch (IOException | RuntimeException e) {
            clock.cancel();
            throw e;
        }
    }

    @Override
    public Row read() throws IOException, MalformedRowException {
        rows.incrementAndGet();
        return reader.read();
    }

    @Override
    public String noun() {
        return reader.noun();
    }

    @Override
    public void close() throws IOException {
        clock.cancel();
        reader.close();
    }
}
