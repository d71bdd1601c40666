package dev.tram.examples.bench;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.tram.core.internal.Arguments;
import dev.tram.examples.bench.BenchResult.Figures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.commons.statistics.descriptive.Median;

/**
 * Times steps of several methods on the same model. All methods are prepared first; in each round
 * each makes one step, so that whatever else the machine does meets all alike, and the median over
 * the rounds is taken.
 */
public final class Bench {

    /** The method that ratios refer to. */
    public static final String BASE = "adam";

    /** Steps before timing: allocators, compilers and the second step's first distance. */
    private static final int WARM_UP = 6;

    private final BenchModel model;
    private final List<String> methods;
    private final Device device;
    private final int rounds;
    private final boolean memory;

    /**
     * Prepares a benchmark.
     *
     * @param model the model
     * @param methods the methods' names, {@value #BASE} among them
     * @param device the device
     * @param rounds the number of timed steps per method, at least 1
     * @param memory whether to measure the peak memory of each method too, in a process of its own
     * @throws IllegalArgumentException for an unknown or repeated method, or without the base
     */
    public Bench(
            BenchModel model, List<String> methods, Device device, int rounds, boolean memory) {
        methods.forEach(method -> Contender.check(method, model));
        if (new HashSet<>(methods).size() < methods.size()) {
            throw Arguments.rejected("--methods", "different from each other", methods);
        }
        if (!methods.contains(BASE)) {
            throw Arguments.rejected("--methods", BASE + " among them", methods);
        }
        this.model = model;
        this.methods = List.copyOf(methods);
        this.device = device;
        this.rounds = Arguments.atLeast("--rounds", rounds, 1);
        this.memory = memory;
    }

    /** Is told of each finished step. */
    @FunctionalInterface
    public interface Listener {

        /**
         * Tells of progress.
         *
         * @param what what is being done
         * @param done how many of all steps are done
         */
        void step(String what, int done);
    }

    /**
     * Returns the number of steps that a run makes.
     *
     * @return the number
     */
    public int steps() {
        return methods.size() * (WARM_UP + rounds + (memory ? PeakMemory.STEPS : 0));
    }

    /**
     * Runs the benchmark.
     *
     * @param listener is told of progress
     * @return the figures
     * @throws IOException if a process to measure memory in cannot be run
     */
    public BenchResult run(Listener listener) throws IOException {
        Map<String, Double> peaks = new LinkedHashMap<>();
        int done = 0;
        for (String method : memory ? methods : List.<String>of()) {
            peaks.put(method, PeakMemory.measure(model, method, device));
            done += PeakMemory.STEPS;
            listener.step("memory of " + method, done);
        }
        Map<String, Contender> contenders = new LinkedHashMap<>();
        try {
            for (String method : methods) {
                contenders.put(method, Contender.of(method, model, device));
            }
            Map<String, List<Map<Phase, Long>>> times = new LinkedHashMap<>();
            methods.forEach(method -> times.put(method, new ArrayList<>()));
            for (int round = -WARM_UP; round < rounds; round++) {
                for (int i = 0; i < methods.size(); i++) {
                    String method = methods.get((i + round + WARM_UP) % methods.size());
                    Map<Phase, Long> phases = contenders.get(method).step();
                    if (round >= 0) {
                        times.get(method).add(phases);
                    }
                    listener.step(round < 0 ? "warm-up" : "round " + (round + 1), ++done);
                }
            }
            return result(contenders.get(BASE).parameters(), times, peaks);
        } finally {
            contenders.values().forEach(Contender::close);
        }
    }

    private BenchResult result(
            long parameters, Map<String, List<Map<Phase, Long>>> times, Map<String, Double> peaks) {
        double base = medianStep(times.get(BASE));
        Map<String, Figures> figures = new LinkedHashMap<>();
        for (String method : methods) {
            double median = medianStep(times.get(method));
            figures.put(
                    method,
                    new Figures(
                            median / base,
                            median,
                            peaks.getOrDefault(method, Double.NaN),
                            Contender.passes(method),
                            phases(times.get(method))));
        }
        Engine engine = Engine.getInstance();
        return new BenchResult(
                model.name(),
                model.batch(),
                model.tokens(),
                parameters,
                nameOf(device),
                engine.getEngineName() + " " + engine.getVersion(),
                rounds,
                figures);
    }

    /** The name that {@link Device#fromName} reads. */
    static String nameOf(Device device) {
        return device.isGpu() ? "gpu" + device.getDeviceId() : "cpu";
    }

    private static double medianStep(List<Map<Phase, Long>> steps) {
        return median(
                steps.stream()
                        .mapToLong(
                                step -> step.values().stream().mapToLong(Long::longValue).sum()));
    }

    /** On a GPU the host sees when a phase is launched, not how long it takes. */
    private Map<String, Double> phases(List<Map<Phase, Long>> steps) {
        Map<String, Double> medians = new LinkedHashMap<>();
        for (Phase phase : device.isGpu() ? new Phase[0] : Phase.values()) {
            LongStream times = steps.stream().mapToLong(step -> step.get(phase));
            medians.put(phase.name().toLowerCase(Locale.ROOT), median(times));
        }
        return medians;
    }

    /** The median of nanoseconds, in milliseconds. */
    private static double median(LongStream nanoseconds) {
        return Median.withDefaults().evaluate(nanoseconds.asDoubleStream().toArray()) / 1e6;
    }
}
