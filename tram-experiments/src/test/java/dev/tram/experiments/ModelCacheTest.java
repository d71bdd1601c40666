package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCacheTest {

    @TempDir private Path root;

    private static Path write(Path work) throws IOException {
        Files.writeString(work.resolve("model"), "weights");
        return work;
    }

    private static Path fail(Path work) throws IOException {
        Files.writeString(work.resolve("half"), "");
        throw new IOException("disk full");
    }

    @Test
    void aMakerBeginsAnew() throws IOException {
        ModelCache cache = new ModelCache(root);
        assertThatThrownBy(() -> cache.get("a", ModelCacheTest::fail)).hasMessage("disk full");
        Files.createDirectories(
                root.resolve("a.incomplete").resolve("left by one that was killed"));
        assertThat(cache.get("a", ModelCacheTest::write)).isDirectoryNotContaining("glob:**left*");
        try (var files = Files.list(root)) {
            assertThat(files).containsExactly(root.resolve("a"));
        }
    }

    @Test
    void theSameModelIsMadeOnce() throws Exception {
        AtomicInteger made = new AtomicInteger();
        Runnable get =
                () -> {
                    try {
                        new ModelCache(root)
                                .get(
                                        "a",
                                        work -> {
                                            made.incrementAndGet();
                                            return write(work);
                                        });
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                };
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(get),
                        CompletableFuture.runAsync(get),
                        CompletableFuture.runAsync(get))
                .get();
        assertThat(made).hasValue(1);
    }
}
