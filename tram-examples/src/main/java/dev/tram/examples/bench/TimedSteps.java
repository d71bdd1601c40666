package dev.tram.examples.bench;

import ai.djl.Device;
import com.sun.management.OperatingSystemMXBean;
import dev.tram.experiments.Json;
import java.io.IOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The steps of a method in a process of its own.
 *
 * @param parameters the number of trained parameters
 * @param load how many processors other processes kept busy meanwhile, NaN on a system that does
 *     not tell
 * @param steps the nanoseconds of each phase of each step
 */
record TimedSteps(long parameters, double load, List<Map<Phase, Long>> steps) {

    /** Steps before timing: allocators and the second step's first distance. */
    private static final int WARM_UP = 8;

    /** A property: for how many seconds steps go before timing at most. */
    static final String WARM_UP_SECONDS = "tram.bench.warm_up";

    private static final int USUAL_SECONDS = 20;

    /** For how long Java's compilers are watched. */
    private static final long WINDOW_NANOS = 2_000_000_000;

    /** The share of that time in which they may work while steps are timed. */
    private static final double RESTING = 0.05;

    private static final Path STATISTICS = Path.of("/proc/stat");

    /** The columns of processor time in which a processor works: user, nice, system, interrupts. */
    private static final int[] BUSY = {1, 2, 3, 6, 7};

    private static final double TICKS_PER_SECOND = 100;

    static TimedSteps run(BenchModel model, String method, Device device, int count)
            throws IOException {
        ChildProcess process = new ChildProcess(model, method, device, count);
        String json = process.run(TimedSteps.class, List.of(), Map.of());
        return Json.MAPPER.readValue(json, TimedSteps.class);
    }

    public static void main(String[] arguments) throws IOException {
        ChildProcess process = ChildProcess.begin(arguments);
        try (Contender contender = process.contender()) {
            warmUp(contender);
            List<Map<Phase, Long>> steps = new ArrayList<>();
            double busy = busySeconds();
            double own = ownSeconds();
            long start = System.nanoTime();
            for (int i = 0; i < process.steps(); i++) {
                steps.add(contender.step());
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            double others = busySeconds() - busy - (ownSeconds() - own);
            double load = Math.max(0, others) / seconds;
            TimedSteps timed = new TimedSteps(contender.parameters(), load, steps);
            ChildProcess.end(Json.MAPPER.writeValueAsString(timed));
        }
    }

    /** Makes steps until Java's compilers, which take processors from them, rest. */
    private static void warmUp(Contender contender) {
        CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
        int seconds = Integer.getInteger(WARM_UP_SECONDS, USUAL_SECONDS);
        long end = System.nanoTime() + 1_000_000_000L * seconds;
        boolean resting;
        do {
            long before = compilers.getTotalCompilationTime();
            long start = System.nanoTime();
            long until = Math.min(start + WINDOW_NANOS, end);
            for (int i = 0; i < WARM_UP || System.nanoTime() < until; i++) {
                contender.step();
            }
            double compiled = (compilers.getTotalCompilationTime() - before) * 1e6;
            resting = compiled <= RESTING * (System.nanoTime() - start);
        } while (!resting && System.nanoTime() < end);
    }

    /** What all processors worked since the system's start. */
    private static double busySeconds() throws IOException {
        if (!Files.exists(STATISTICS)) {
            return Double.NaN;
        }
        try (var lines = Files.lines(STATISTICS)) {
            String[] columns = lines.findFirst().orElseThrow().trim().split("\\s+", 0);
            return Arrays.stream(BUSY).mapToLong(i -> Long.parseLong(columns[i])).sum()
                    / TICKS_PER_SECOND;
        }
    }

    private static double ownSeconds() {
        OperatingSystemMXBean system =
                (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }

    /** The time of each step in nanoseconds. */
    double[] wholes() {
        return steps.stream()
                .mapToDouble(step -> step.values().stream().mapToLong(Long::longValue).sum())
                .toArray();
    }
}
