package dev.tram.examples.experiment;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.FileUtils;

/**
 * Pretrained models that later experiments start from, each under a key that determines its
 * weights.
 *
 * @param root the directory
 */
public record ModelCache(Path root) {

    private static final int DIGITS = 16;

    /** Held beside a lock of a file, which keeps out other processes alone. */
    private static final Object THIS_PROCESS = new Object();

    /** Makes a model. */
    @FunctionalInterface
    public interface Maker {

        /**
         * Makes a model.
         *
         * @param directory an empty directory to work in
         * @return the model's directory, at or below the one given
         * @throws IOException if a file cannot be read or written
         */
        Path make(Path directory) throws IOException;
    }

    /**
     * Returns the user's cache: $TRAM_CACHE, else $XDG_CACHE_HOME/tram, else ~/.cache/tram.
     *
     * @return the cache; its directory may not exist yet
     */
    public static ModelCache ofUser() {
        return new ModelCache(
                directory("TRAM_CACHE", "")
                        .or(() -> directory("XDG_CACHE_HOME", "tram"))
                        .orElseGet(
                                () -> Path.of(System.getProperty("user.home"), ".cache", "tram")));
    }

    private static Optional<Path> directory(String variable, String below) {
        return Optional.ofNullable(System.getenv(variable))
                .filter(value -> !value.isBlank())
                .map(value -> Path.of(value).resolve(below));
    }

    /**
     * Returns a key.
     *
     * @param name the model's name
     * @param recipe everything else that determines the weights, by its text
     * @param data the data that determines them
     * @return the name and a hash
     */
    public static String key(String name, List<?> recipe, List<byte[]> data) {
        MessageDigest digest = DigestUtils.getSha256Digest();
        digest.update(recipe.toString().getBytes(StandardCharsets.UTF_8));
        data.forEach(digest::update);
        return name + "-" + Hex.encodeHexString(digest.digest()).substring(0, DIGITS);
    }

    /**
     * Returns whether a model is there.
     *
     * @param key its key
     * @return true if {@link #get} will not make it
     */
    public boolean contains(String key) {
        return Files.isDirectory(root.resolve(key));
    }

    /**
     * Returns a model, which is made if absent. It appears in the cache only once it is complete;
     * processes that ask for the same one wait for the first.
     *
     * @param key its key
     * @param maker makes it
     * @return its directory
     * @throws IOException if a file cannot be read or written
     */
    public Path get(String key, Maker maker) throws IOException {
        Path work = work(key);
        return locked(
                key,
                () -> {
                    FileUtils.deleteDirectory(work.toFile());
                    try {
                        make(key, maker);
                    } finally {
                        FileUtils.deleteDirectory(work.toFile());
                    }
                });
    }

    private Path work(String key) {
        return root.resolve(key + ".incomplete");
    }

    private void make(String key, Maker maker) throws IOException {
        Path work = Files.createDirectories(work(key));
        Files.move(maker.make(work), root.resolve(key));
    }

    /** Does something for a model that is absent, while no other process or thread does. */
    private Path locked(String key, Action action) throws IOException {
        Path file = root.resolve(key + ".lock");
        if (!contains(key)) {
            Files.createDirectories(root);
            synchronized (THIS_PROCESS) {
                try (FileChannel channel =
                                FileChannel.open(
                                        file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        FileLock lock = channel.lock()) {
                    if (!contains(key)) {
                        action.run();
                        Files.deleteIfExists(file);
                    }
                }
            }
        }
        return root.resolve(key);
    }

    @FunctionalInterface
    private interface Action {

        void run() throws IOException;
    }
}
