package dev.tram.examples.bench;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Runs a method in a Java process of its own, which prints one line of results. */
final class ChildProcess {

    private static final List<String> INHERITED =
            List.of(
                    "ai.djl.offline",
                    "ai.djl.default_engine",
                    "dev.tram.kernels",
                    "dev.tram.adam",
                    TimedSteps.WARM_UP_SECONDS);

    private ChildProcess() {}

    /**
     * Runs a program's main method with model, batch, tokens, device and method, and further
     * arguments.
     *
     * @param options Java's options beyond the inherited properties
     * @param mark what the line of results begins with
     * @return the rest of that line
     * @throws IOException if the process ends without such a line
     */
    static String run(
            Class<?> program,
            List<String> options,
            Map<String, String> environment,
            BenchModel model,
            Device device,
            String method,
            List<String> further,
            String mark)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        for (String property : INHERITED) {
            String value = System.getProperty(property);
            if (value != null) {
                command.add("-D" + property + "=" + value);
            }
        }
        command.addAll(List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(program.getName(), model.name()));
        command.addAll(
                List.of(
                        Integer.toString(model.batch()),
                        Integer.toString(model.tokens()),
                        Bench.nameOf(device),
                        method));
        command.addAll(further);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        environment.forEach(builder.environment()::put);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return output.lines()
                .filter(line -> line.startsWith(mark))
                .map(line -> line.substring(mark.length()))
                .findFirst()
                .orElseThrow(() -> endedEarly(method, output.strip()));
    }

    /** With a lack of memory, Java's or the engine's, as the cause. */
    private static IOException endedEarly(String method, String output) {
        return new IOException(
                "the process of " + method + " ended early: " + output,
                output.lines()
                        .filter(line -> line.toLowerCase(Locale.ROOT).contains("memory"))
                        .findFirst()
                        .<Throwable>map(
                                line ->
                                        line.contains("OutOfMemoryError")
                                                ? new OutOfMemoryError(line)
                                                : new EngineException(line))
                        .orElse(null));
    }

    /** The model of the first three arguments. */
    static BenchModel model(String[] arguments) {
        int tokens = Integer.parseInt(arguments[2]);
        return BenchModel.named(arguments[0])
                .withSize(Integer.valueOf(arguments[1]), tokens == 0 ? null : tokens);
    }
}
