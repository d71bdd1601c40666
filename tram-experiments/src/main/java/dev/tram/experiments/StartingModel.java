package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.codec.binary.Hex;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The pretrained model that an experiment's runs begin with: the content of pretrained.json.
 *
 * @param directory its Hugging Face directory, absolute
 * @param sha256 the hash of its configuration and weights
 */
public record StartingModel(String directory, String sha256) {

    public static StartingModel of(Path directory) throws IOException {
        return new StartingModel(
                directory.toAbsolutePath().normalize().toString(), hash(directory));
    }

    /**
     * Returns the directory.
     *
     * @return the directory, with the very weights that the runs began with
     * @throws IllegalArgumentException if the directory is gone, or has other weights by now
     */
    public Path locate() throws IOException {
        Path place = Path.of(directory);
        if (!Files.isDirectory(place)) {
            throw Arguments.rejected(
                    "the pretrained model that the runs began with",
                    "in " + directory + " (--resume makes or fetches it again)",
                    "nothing there");
        }
        String present = hash(place);
        if (!present.equals(sha256)) {
            throw Arguments.rejected(
                    "the pretrained model in " + directory,
                    "the one that the runs began with, sha256 " + sha256,
                    present);
        }
        return place;
    }

    private static String hash(Path directory) throws IOException {
        MessageDigest digest = DigestUtils.getSha256Digest();
        for (Path file : files(directory)) {
            DigestUtils.updateDigest(digest, file.toFile());
        }
        return Hex.encodeHexString(digest.digest());
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(StartingModel::isHashed)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isHashed(Path file) {
        String name = file.getFileName().toString();
        return name.equals("config.json") || name.endsWith(".safetensors");
    }
}
