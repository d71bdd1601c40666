package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PyTorch's native libraries are missing, as those for another device are. */
class NoEngineTest {

    @TempDir private Path cache;

    @Test
    void isOneLineWithTheCauseAndWhatToDo() throws IOException, InterruptedException {
        String classes =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        String withoutNatives =
                Arrays.stream(classes.split(File.pathSeparator))
                        .filter(entry -> !entry.contains("pytorch-native"))
                        .collect(Collectors.joining(File.pathSeparator));
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dai.djl.offline=true",
                                "-Dai.djl.default_engine=PyTorch",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                                "-DENGINE_CACHE_DIR=" + cache,
                                "-cp",
                                withoutNatives,
                                Tram.class.getName(),
                                "vit",
                                "--steps=1")
                        .redirectErrorStream(true)
                        .start();
        byte[] output = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isEqualTo(1);
        String printed = new String(output, StandardCharsets.UTF_8);
        assertThat(printed.lines()).hasSize(1);
        assertThat(printed)
                .startsWith("tram vit: PyTorch cannot be loaded (java.io.IOException: Offline mode")
                .contains(
                        "no native libraries of PyTorch on the class path; this machine needs"
                                + " ai.djl.pytorch:pytorch-native-");
    }
}
