package dev.tram.experiments.data;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Makes the next value on a thread of its own while the current one is in use. Any key may be asked
 * for; one that was not announced is made at once.
 *
 * @param <K> what determines a value, compared by {@code equals}
 * @param <V> the values, which hold nothing that must be freed
 */
public final class Prefetch<K, V> implements AutoCloseable {

    private final Function<K, V> maker;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    task -> {
                        Thread daemon = new Thread(task, "prefetch");
                        daemon.setDaemon(true);
                        return daemon;
                    });
    private K announced;
    private CompletableFuture<V> value;

    public Prefetch(Function<K, V> maker) {
        this.maker = maker;
    }

    /**
     * Returns a value and begins to make another one.
     *
     * @param next what will be asked for next, probably
     */
    public V get(K key, K next) {
        V current = key.equals(announced) ? join() : maker.apply(key);
        announced = next;
        value = CompletableFuture.supplyAsync(() -> maker.apply(next), thread);
        return current;
    }

    private V join() {
        try {
            return value.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** Ends the thread, and waits for the value that it is making. */
    @Override
    public void close() {
        thread.shutdown();
        if (value != null) {
            value.handle((made, failure) -> null).join();
        }
    }
}
