package dev.tram.examples.bench;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The peak memory of a method in a process of its own. */
final class PeakMemory {

    /** The number of steps after which memory has been at its peak. */
    static final int STEPS = 5;

    private static final Path STATUS = Path.of("/proc/self/status");

    private PeakMemory() {}

    /** The peak in MB, NaN on a system that does not tell. */
    static double measure(BenchModel model, String method, Device device) throws IOException {
        // A small heap of constant size: what differs is the engine's memory. What is freed goes
        // back to the system at once.
        return Double.parseDouble(
                new ChildProcess(model, method, device, STEPS)
                        .run(
                                PeakMemory.class,
                                List.of("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC"),
                                Map.of(
                                        "MALLOC_MMAP_THRESHOLD_",
                                        "65536",
                                        "MALLOC_TRIM_THRESHOLD_",
                                        "131072")));
    }

    public static void main(String[] arguments) throws IOException {
        ChildProcess process = ChildProcess.begin(arguments);
        Device device = process.device();
        double before = device.isGpu() ? usedOf(device) : 0;
        try (Contender contender = process.contender()) {
            for (int step = 0; step < process.steps(); step++) {
                contender.step();
            }
            ChildProcess.end(peak(device) - before);
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
