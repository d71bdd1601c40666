package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a main class in a process of its own, whose memory is its own. */
final class ChildProcess {

    private static final String RESULT = "result ";

    private ChildProcess() {}

    /** Runs a class and returns the number that it reports. */
    static double run(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // A small heap of constant size: what differs is the engine's memory.
        command.addAll(List.of("-Xms128m", "-Xmx128m", "-XX:+UseSerialGC", "-XX:+AlwaysPreTouch"));
        command.addAll(List.of("-Dai.djl.offline=true", "-Dai.djl.default_engine=PyTorch"));
        command.addAll(List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp"));
        command.add(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // What is freed goes back to the system at once, for the sake of the measurement.
        builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(output).contains(RESULT);
        return Double.parseDouble(output.substring(output.lastIndexOf(RESULT) + RESULT.length()));
    }

    /** In the child: reports a number. */
    static void report(double value) {
        System.out.println(RESULT + value);
    }

    /** In the child: resident memory in MiB. */
    static double residentMemory() throws IOException {
        return memory("VmRSS:");
    }

    /** In the child: the greatest resident memory so far in MiB. */
    static double peakMemory() throws IOException {
        return memory("VmHWM:");
    }

    private static double memory(String field) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(field))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }
}
