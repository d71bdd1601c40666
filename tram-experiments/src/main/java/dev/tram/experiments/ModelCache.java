package dev.tram.experiments;

import dev.tram.djl.internal.files.LockedFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.FileUtils;
import org.apache.commons.io.function.IOFunction;

/**
 * Pretrained models that later experiments start from, each under a key that determines its
 * weights.
 */
public record ModelCache(Path root) {

    private static final int DIGITS = 16;

    /**
     * Returns the user's cache: $TRAM_CACHE, else $XDG_CACHE_HOME/tram, else ~/.cache/tram; its
     * directory may not exist yet.
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
     * Returns a key: the name, and a hash of the recipe and the data that determine the weights.
     */
    public static String key(String name, List<?> recipe, List<byte[]> data) {
        MessageDigest digest = DigestUtils.getSha256Digest();
        digest.update(recipe.toString().getBytes(StandardCharsets.UTF_8));
        data.forEach(digest::update);
        return name + "-" + Hex.encodeHexString(digest.digest()).substring(0, DIGITS);
    }

    public boolean contains(String key) {
        return Files.isDirectory(root.resolve(key));
    }

    /**
     * Returns a model, which is made if absent. It appears in the cache only once it is complete;
     * processes that ask for the same one wait for the first.
     */
    public Path get(String key, IOFunction<Path, Path> maker) throws IOException {
        if (!contains(key)) {
            Files.createDirectories(root);
            Path lock = root.resolve(key + ".lock");
            LockedFile.exclusively(
                    lock,
                    () -> {
                        if (!contains(key)) {
                            make(key, maker);
                            Files.deleteIfExists(lock);
                        }
                        return key;
                    });
        }
        return root.resolve(key);
    }

    private void make(String key, IOFunction<Path, Path> maker) throws IOException {
        Path work = root.resolve(key + ".incomplete");
        FileUtils.deleteDirectory(work.toFile());
        try {
            Files.move(maker.apply(Files.createDirectory(work)), root.resolve(key));
        } finally {
            FileUtils.deleteDirectory(work.toFile());
        }
    }
}
