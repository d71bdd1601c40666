package dev.tram.examples.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativesTest {

    @TempDir private Path classes;

    private void jni(String version) throws IOException {
        write("jnilib/pytorch.properties", "jni_version=" + version);
    }

    private void natives(String version, String classifier) throws IOException {
        write(
                "native/lib/pytorch.properties",
                "version=" + version + "-20250812\nflavor=cpu\nclassifier=" + classifier);
    }

    private void write(String name, String text) throws IOException {
        Path file = classes.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private String problem(String system, String architecture) throws IOException {
        URL[] path = {classes.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(path, null)) {
            return new Natives(loader, system, architecture).problem().orElse("none");
        }
    }

    @Test
    void thoseOfTheMachineAndTheVersionAreRight() throws IOException {
        jni("2.7.1-0.36.0");
        natives("2.7.1", "linux-x86_64");
        assertThat(problem("Linux", "amd64")).isEqualTo("none");
        natives("2.7.1", "osx-aarch64");
        assertThat(problem("Mac OS X", "aarch64")).isEqualTo("none");
    }

    @Test
    void missingOnesAreNamedForEachPlatform() throws IOException {
        jni("2.7.1-0.36.0");
        assertThat(problem("Windows 11", "amd64"))
                .isEqualTo(
                        "there are no native libraries of PyTorch on the class path; this machine"
                                + " needs ai.djl.pytorch:pytorch-native-cpu:2.7.1 with classifier"
                                + " win-x86_64 (or a CUDA flavor, such as pytorch-native-cu128)");
        assertThat(problem("Linux", "aarch64"))
                .contains("pytorch-native-cpu:2.7.1", "linux-aarch64");
        jni("2.3.1-0.29.0");
        assertThat(problem("Linux", "aarch64"))
                .contains("pytorch-native-cpu-precxx11:2.3.1", "cu121");
        assertThat(problem("Mac OS X", "x86_64")).contains("none for Macs with an Intel processor");
    }

    @Test
    void wrongOnesAreNamedBesideTheRight() throws IOException {
        jni("2.7.1-0.36.0");
        natives("2.3.1", "linux-x86_64");
        assertThat(problem("Linux", "amd64"))
                .startsWith(
                        "the native libraries on the class path are PyTorch 2.3.1 (cpu) for linux-x86_64; ")
                .contains("pytorch-native-cpu:2.7.1 with classifier linux-x86_64");
    }

    @Test
    void theBindingIsNamedToo() throws IOException {
        natives("2.7.1", "linux-x86_64");
        assertThat(problem("Linux", "amd64"))
                .startsWith("ai.djl.pytorch:pytorch-jni is not on the class path");
    }
}
