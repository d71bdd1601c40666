package dev.tram.djl;

import ai.djl.util.Utils;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.files.LockedFile;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The CUDA runtime in the jar of PyTorch's native libraries, for a system without one.
 *
 * <p>Before DJL loads PyTorch, it asks a {@code libcudart} of the system for GPUs and their CUDA
 * version. NVIDIA's driver does not include that library, and with one of another CUDA version DJL
 * looks for natives of that version and downloads them. A program that trains on a GPU calls {@link
 * #useBundled()} first of all, so that DJL asks the jar's own runtime.
 */
public final class CudaRuntime {

    private static final String NATIVES = "native/lib/pytorch.properties";
    private static final String SEARCH_PATH = "jna.library.path";

    private CudaRuntime() {}

    /**
     * Puts the runtime of the natives on the class path before the system's. Call it before
     * anything of DJL; later calls, and calls without CUDA natives for Linux on the class path,
     * change nothing. On Windows DJL looks for {@code cudart64_*.dll} in {@code PATH} alone.
     *
     * @return its folder, a subfolder of DJL's cache; empty without such natives
     * @throws UncheckedIOException if it cannot be unpacked
     */
    public static Optional<Path> useBundled() {
        try {
            Optional<Path> folder = unpack(Thread.currentThread().getContextClassLoader());
            folder.map(Path::toString).ifPresent(CudaRuntime::searchFirst);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack the natives' CUDA runtime", e);
        }
    }

    private static void searchFirst(String folder) {
        String others = System.getProperty(SEARCH_PATH, "");
        if (Stream.of(others.split(File.pathSeparator)).noneMatch(folder::equals)) {
            System.setProperty(
                    SEARCH_PATH, others.isEmpty() ? folder : folder + File.pathSeparator + others);
        }
    }

    private static Optional<Path> unpack(ClassLoader loader) throws IOException {
        for (URL url : Collections.list(loader.getResources(NATIVES))) {
            Properties natives = new Properties();
            try (InputStream in = url.openStream()) {
                natives.load(in);
            }
            Optional<String> library =
                    Stream.of(natives.getProperty("libraries", "").split(","))
                            .filter(name -> name.matches("libcudart[-.].*"))
                            .findFirst();
            if (library.isPresent()) {
                return Optional.of(unpack(loader, natives, library.get()));
            }
        }
        return Optional.empty();
    }

    /** Unpacks the library, whose name has a hash in it, under the name that is looked for. */
    private static Path unpack(ClassLoader loader, Properties natives, String library)
            throws IOException {
        String flavor = natives.getProperty("flavor");
        String classifier = natives.getProperty("classifier");
        Path folder =
                Utils.getEngineCacheDir("pytorch")
                        .toAbsolutePath()
                        .resolve(
                                String.join(
                                        "-",
                                        natives.getProperty("version"),
                                        flavor,
                                        classifier,
                                        "cudart"));
        Path target = folder.resolve("libcudart.so");
        if (Files.notExists(target)) {
            Files.createDirectories(folder);
            String resource = String.join("/", "pytorch", flavor, classifier, library);
            Path lock = folder.resolveSibling(folder.getFileName() + ".lock");
            LockedFile.exclusively(lock, () -> copy(loader, resource, target));
        }
        return folder;
    }

    private static Path copy(ClassLoader loader, String resource, Path target) throws IOException {
        try (InputStream in = loader.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException(NATIVES + " names " + resource + ", which is missing");
            }
            AtomicFile.write(
                    target, file -> Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING));
        }
        return target;
    }
}
