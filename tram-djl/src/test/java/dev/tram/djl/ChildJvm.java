package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main class in a process of its own, whose resident memory is its own. */
final class ChildJvm {

    private static final String RESULT = "result ";

    private ChildJvm() {}

    /** Runs a class and returns the numbers that it reported. */
    static Map<String, Double> run(Class<?> main, String... arguments) throws Exception {
        return run(Duration.ofMinutes(10), main, arguments);
    }

    /** Runs a class that takes so long at most, and returns the numbers that it reported. */
    static Map<String, Double> run(Duration longest, Class<?> main, String... arguments)
            throws Exception {
        Path log = Files.createTempFile("tram-child", ".log");
        try {
            Process process =
                    command(main, arguments)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            boolean ended = process.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS);
            process.destroyForcibly();
            String output = Files.readString(log, StandardCharsets.UTF_8);
            assertThat(ended).as(output).isTrue();
            assertThat(process.exitValue()).as(output).isZero();
            return results(output);
        } finally {
            Files.delete(log);
        }
    }

    /** A process that runs a class, not started yet. */
    static ProcessBuilder command(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "-Xms96m",
                        "-Xmx96m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+AlwaysPreTouch",
                        "-Dai.djl.offline=true",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "-Dai.djl.default_engine=PyTorch",
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")),
                        main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("OMP_NUM_THREADS", "1");
        // What is freed goes back to the system at once, for the sake of the measurement.
        builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
        return builder;
    }

    private static Map<String, Double> results(String output) {
        Map<String, Double> results = new LinkedHashMap<>();
        for (String line : output.lines().toList()) {
            if (line.startsWith(RESULT)) {
                String[] words = line.substring(RESULT.length()).split(" ", -1);
                results.put(words[0], Double.valueOf(words[1]));
            }
        }
        return results;
    }

    /** In the child: reports a number. */
    static void report(String name, double value) {
        System.out.println(RESULT + name + " " + value);
    }

    /** In the child: resident memory in MiB, or its peak so far, after a collection of garbage. */
    static double residentMemory(boolean peak) throws IOException {
        System.gc();
        String field = peak ? "VmHWM:" : "VmRSS:";
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(field)) {
                return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
            }
        }
        throw new IOException("/proc/self/status must have " + field + ", received: none");
    }
}
