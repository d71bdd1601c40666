package dev.tram.examples.bench;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import dev.tram.djl.CudaRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The peak memory of a method in a process of its own. */
final class PeakMemory {

    /** The number of steps after which memory has been at its peak. */
    static final int STEPS = 5;

    private static final String RESULT = "peak-mb ";
    private static final Path STATUS = Path.of("/proc/self/status");

    private PeakMemory() {}

    /** The peak in MB, NaN on a system that does not tell. */
    static double measure(BenchModel model, String method, Device device) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // A small heap of constant size: what differs is the engine's memory.
        command.addAll(List.of("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC"));
        for (String property : List.of("ai.djl.offline", "ai.djl.default_engine")) {
            command.add("-D" + property + "=" + System.getProperty(property, ""));
        }
        command.addAll(List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(PeakMemory.class.getName(), model.name()));
        command.addAll(
                List.of(
                        Integer.toString(model.batch()),
                        Integer.toString(model.tokens()),
                        Bench.nameOf(device),
                        method));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // What is freed goes back to the system at once.
        builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
        builder.environment().remove("MALLOC_TRIM_THRESHOLD_");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return output.lines()
                .filter(line -> line.startsWith(RESULT))
                .map(line -> Double.valueOf(line.substring(RESULT.length())))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IOException(
                                        "the process for the memory of "
                                                + method
                                                + " ended early: "
                                                + output.strip()));
    }

    /** In the process of its own. */
    public static void main(String[] arguments) throws IOException {
        CudaRuntime.useBundled();
        BenchModel model = BenchModel.named(arguments[0]);
        int tokens = Integer.parseInt(arguments[2]);
        BenchModel sized =
                model.withSize(Integer.valueOf(arguments[1]), tokens == 0 ? null : tokens);
        Device device = Device.fromName(arguments[3]);
        double before = device.isGpu() ? usedOf(device) : 0;
        try (Contender contender = Contender.of(arguments[4], sized, device)) {
            for (int step = 0; step < STEPS; step++) {
                contender.step();
            }
            System.out.println(RESULT + (peak(device) - before));
        }
    }

    /** What all processes hold on a GPU, this one's context included, in MB. */
    private static double usedOf(Device gpu) {
        return CudaUtils.getGpuMemory(gpu).getCommitted() / 1e6;
    }

    private static double peak(Device device) throws IOException {
        if (device.isGpu()) {
            // The engine's allocator gives nothing back before the process ends.
            return usedOf(device);
        }
        if (!Files.exists(STATUS)) {
            return Double.NaN;
        }
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * 1024 / 1e6)
                .findFirst()
                .orElse(Double.NaN);
    }
}
