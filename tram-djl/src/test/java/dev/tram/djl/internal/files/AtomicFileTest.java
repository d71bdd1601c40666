package dev.tram.djl.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {

    @TempDir private Path directory;

    @Test
    void replacesAFileAndWhatAKilledProcessLeft() throws IOException {
        Path file = Files.writeString(directory.resolve("a"), "old");
        Files.writeString(directory.resolve("a.incomplete"), "half of something longer");
        AtomicFile.write(file, "new");
        assertThat(file).hasContent("new");
        assertOnly(file);
    }

    @Test
    void aFailureLeavesTheOldFile() throws IOException {
        Path file = Files.writeString(directory.resolve("a"), "old");
        assertThatThrownBy(
                        () ->
                                AtomicFile.write(
                                        file,
                                        incomplete -> {
                                            Files.writeString(incomplete, "half");
                                            throw new IOException("disk full");
                                        }))
                .hasMessage("disk full");
        assertThat(file).hasContent("old");
        assertOnly(file);
    }

    @Test
    void hasThePermissionsOfAnyNewFile() throws IOException {
        Path plain = Files.writeString(directory.resolve("plain"), "");
        Path file = directory.resolve("a");
        AtomicFile.write(file, "");
        assertThat(Files.getPosixFilePermissions(file))
                .isEqualTo(Files.getPosixFilePermissions(plain));
    }

    @Test
    void onlyOneThreadHoldsALock() {
        Path lock = directory.resolve("lock");
        AtomicInteger within = new AtomicInteger();
        CompletableFuture<?>[] all =
                IntStream.range(0, 4)
                        .mapToObj(i -> CompletableFuture.runAsync(() -> count(lock, within)))
                        .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(all).join();
        assertThat(within).hasValue(0);
    }

    @Test
    void nobodyWaitsForALockThatIsNotFree() throws IOException {
        Path lock = directory.resolve("lock");
        Optional<Boolean> besides =
                LockedFile.exclusively(lock, () -> LockedFile.ifFree(lock, () -> true));
        assertThat(besides).isEmpty();
        assertThat(LockedFile.ifFree(lock, () -> true)).contains(true);
    }

    private static void count(Path lock, AtomicInteger within) {
        try {
            for (int i = 0; i < 20; i++) {
                LockedFile.exclusively(
                        lock,
                        () -> {
                            assertThat(within.incrementAndGet()).isOne();
                            Thread.onSpinWait();
                            return within.decrementAndGet();
                        });
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void assertOnly(Path file) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }
}
