package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaRuntimeTest {

    private static final String CACHE = "ENGINE_CACHE_DIR";
    private static final String SEARCH_PATH = "jna.library.path";
    private static final String PROPERTIES =
            """
            version=2.3.1-20240614
            flavor=cu121
            classifier=linux-x86_64
            libraries=libc10.so,libcudart-9335f6a2.so.12,libcudnn.so.8,libtorch.so
            """;

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();
    private final String cacheBefore = System.getProperty(CACHE);
    private final String pathBefore = System.getProperty(SEARCH_PATH);

    @TempDir private Path jar;
    @TempDir private Path cache;

    /** A class path with the files of a jar of natives, in front of the tests' own. */
    @BeforeEach
    void showNatives() throws IOException {
        System.setProperty(CACHE, cache.toString());
        URL[] urls = {jar.toUri().toURL()};
        Thread.currentThread().setContextClassLoader(new URLClassLoader(urls, before));
        Path properties = jar.resolve("native/lib/pytorch.properties");
        Files.createDirectories(properties.getParent());
        Files.writeString(properties, PROPERTIES);
    }

    @AfterEach
    void restore() throws IOException {
        ((URLClassLoader) Thread.currentThread().getContextClassLoader()).close();
        Thread.currentThread().setContextClassLoader(before);
        restore(CACHE, cacheBefore);
        restore(SEARCH_PATH, pathBefore);
    }

    private static void restore(String property, String value) {
        if (value == null) {
            System.clearProperty(property);
        } else {
            System.setProperty(property, value);
        }
    }

    private Path library() {
        return jar.resolve("pytorch/cu121/linux-x86_64/libcudart-9335f6a2.so.12");
    }

    @Test
    void theNativesRuntimeIsFoundBeforeOthers() throws IOException {
        Files.createDirectories(library().getParent());
        Files.writeString(library(), "runtime");
        System.setProperty(SEARCH_PATH, "/opt/own");
        Optional<Path> folder = CudaRuntime.useBundled();
        assertThat(folder)
                .contains(cache.resolve("pytorch/2.3.1-20240614-cu121-linux-x86_64-cudart"));
        assertThat(folder.get().resolve("libcudart.so")).hasContent("runtime");
        assertThat(folder.get().toFile().list()).containsExactly("libcudart.so");
        String path = folder.get() + File.pathSeparator + "/opt/own";
        assertThat(System.getProperty(SEARCH_PATH)).isEqualTo(path);
        assertThat(CudaRuntime.useBundled()).isEqualTo(folder);
        assertThat(System.getProperty(SEARCH_PATH)).isEqualTo(path);
    }

    @Test
    void nativesForACpuChangeNothing() throws IOException {
        Files.writeString(
                jar.resolve("native/lib/pytorch.properties"),
                "version=2.7.1\nflavor=cpu\nclassifier=linux-x86_64\nlibraries=libc10.so");
        restore(SEARCH_PATH, null);
        assertThat(CudaRuntime.useBundled()).isEmpty();
        assertThat(System.getProperty(SEARCH_PATH)).isNull();
        assertThat(cache).isEmptyDirectory();
    }

    @Test
    void aJarWithoutTheLibraryThatItNamesIsRefused() {
        assertThatThrownBy(CudaRuntime::useBundled)
                .isInstanceOf(UncheckedIOException.class)
                .hasStackTraceContaining("libcudart-9335f6a2.so.12, which is missing");
    }
}
