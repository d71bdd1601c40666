package dev.tram.examples.bench;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import dev.tram.djl.CudaRuntime;
import dev.tram.djl.pytorch.Kernels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** A method in a Java process of its own, which makes steps and prints one line of results. */
record ChildProcess(BenchModel model, String method, Device device, int steps) {

    private static final String RESULT = "bench-result ";

    private static final List<String> INHERITED =
            List.of(
                    "ai.djl.offline",
                    "ai.djl.default_engine",
                    Kernels.PROPERTY,
                    "dev.tram.adam",
                    TimedSteps.WARM_UP_SECONDS);

    /**
     * Runs a program.
     *
     * @param program its main method has {@link #begin} read the arguments
     * @param options Java's options beyond the inherited properties
     * @return what it has {@link #end} print
     * @throws IOException if the process ends without that
     */
    String run(Class<?> program, List<String> options, Map<String, String> environment)
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
        if (Contender.isPortable(method)) {
            command.add("-D" + Kernels.PROPERTY + "=portable");
        }
        command.addAll(List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp"));
        command.addAll(List.of(System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(model.name(), method, Bench.nameOf(device)));
        Stream.of(model.batch(), model.tokens(), steps).map(Object::toString).forEach(command::add);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return output.lines()
                .filter(line -> line.startsWith(RESULT))
                .map(line -> line.substring(RESULT.length()))
                .findFirst()
                .orElseThrow(() -> endedEarly(output.strip()));
    }

    /** With a lack of memory, Java's or the engine's, as the cause. */
    private IOException endedEarly(String output) {
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

    /** In the process of its own: what it is to do. */
    static ChildProcess begin(String... arguments) {
        CudaRuntime.useBundled();
        int tokens = Integer.parseInt(arguments[4]);
        BenchModel model =
                BenchModel.named(arguments[0])
                        .withSize(Integer.valueOf(arguments[3]), tokens == 0 ? null : tokens);
        Device device = Device.fromName(arguments[2]);
        return new ChildProcess(model, arguments[1], device, Integer.parseInt(arguments[5]));
    }

    Contender contender() {
        return new Contender(method, model, device);
    }

    /** In the process of its own: the line of results. */
    static void end(Object result) {
        System.out.println(RESULT + result);
    }
}
