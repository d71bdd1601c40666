package dev.tram.examples.bench;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.tram.core.internal.Arguments;
import dev.tram.examples.bench.BenchResult.Figures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.commons.statistics.descriptive.Mean;
import org.apache.commons.statistics.descriptive.Median;

/**
 * Times steps of several methods on the same model. Each method runs in processes of its own, which
 * no other method's threads or memory can slow; in each round each method has one process, in an
 * order that rotates, so that whatever else the machine does meets all alike.
 *
 * @param methods the methods' names, {@value #BASE} among them
 * @param rounds the number of processes per method, at least 1
 * @param steps the number of timed steps per process, at least 1
 * @param memory whether to measure the peak memory of each method too, in a process of its own
 */
public record Bench(
        BenchModel model,
        List<String> methods,
        Device device,
        int rounds,
        int steps,
        boolean memory) {

    /** The method that ratios refer to: the same program with DJL's Adam, without TRAM. */
    public static final String BASE = Contender.DJL_ADAM;

    public Bench {
        methods.forEach(method -> Contender.check(method, model));
        if (new HashSet<>(methods).size() < methods.size()) {
            throw Arguments.rejected("--methods", "different from each other", methods);
        }
        if (!methods.contains(BASE)) {
            throw Arguments.rejected("--methods", BASE + " among them", methods);
        }
        methods = List.copyOf(methods);
        Arguments.atLeast("--rounds", rounds, 1);
        Arguments.atLeast("--steps", steps, 1);
    }

    public int processes() {
        return methods.size() * (rounds + (memory ? 1 : 0));
    }

    /**
     * Runs the benchmark.
     *
     * @throws IOException if a process cannot be run
     */
    public BenchResult run(ObjIntConsumer<String> listener) throws IOException {
        Map<String, Double> peaks = new LinkedHashMap<>();
        int done = 0;
        for (String method : memory ? methods : List.<String>of()) {
            peaks.put(method, PeakMemory.measure(model, method, device));
            listener.accept("memory of " + method, ++done);
        }
        Map<String, List<TimedSteps>> times = new LinkedHashMap<>();
        methods.forEach(method -> times.put(method, new ArrayList<>()));
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < methods.size(); i++) {
                String method = methods.get((i + round) % methods.size());
                times.get(method).add(TimedSteps.run(model, method, device, steps));
                listener.accept("round " + (round + 1), ++done);
            }
        }
        return result(times, peaks);
    }

    private BenchResult result(Map<String, List<TimedSteps>> times, Map<String, Double> peaks) {
        List<TimedSteps> base = times.get(BASE);
        Map<String, Figures> figures = new LinkedHashMap<>();
        for (String method : methods) {
            figures.put(method, figures(method, times.get(method), base, peaks));
        }
        Engine engine = Engine.getInstance();
        return new BenchResult(
                model.name(),
                model.batch(),
                model.tokens(),
                base.get(0).parameters(),
                nameOf(device),
                engine.getEngineName() + " " + engine.getVersion(),
                rounds,
                steps,
                figures);
    }

    private Figures figures(
            String method,
            List<TimedSteps> processes,
            List<TimedSteps> base,
            Map<String, Double> peaks) {
        double[] medians = perProcess(processes, Bench::median);
        double[] means = perProcess(processes, Bench::mean);
        double[] ratios = ratios(medians, perProcess(base, Bench::median));
        return new Figures(
                median(ratios),
                Arrays.stream(ratios).min().orElseThrow(),
                Arrays.stream(ratios).max().orElseThrow(),
                median(medians) / 1e6,
                median(ratios(means, perProcess(base, Bench::mean))),
                median(means) / 1e6,
                median(processes.stream().mapToDouble(TimedSteps::load).toArray()),
                peaks.getOrDefault(method, Double.NaN),
                Contender.passes(method),
                phases(device, processes));
    }

    private static double[] perProcess(
            List<TimedSteps> processes, ToDoubleFunction<double[]> statistic) {
        return processes.stream()
                .mapToDouble(process -> statistic.applyAsDouble(process.wholes()))
                .toArray();
    }

    /** A method's process over the base's of the same round. */
    private static double[] ratios(double[] method, double[] base) {
        return IntStream.range(0, method.length).mapToDouble(i -> method[i] / base[i]).toArray();
    }

    /** The name that {@link Device#fromName} reads. */
    static String nameOf(Device device) {
        return device.isGpu() ? "gpu" + device.getDeviceId() : "cpu";
    }

    /** On a GPU the host sees when a phase is launched, not how long it takes. */
    static Map<String, Double> phases(Device device, List<TimedSteps> processes) {
        Map<String, Double> medians = new LinkedHashMap<>();
        for (Phase phase : device.isGpu() ? new Phase[0] : Phase.values()) {
            double[] times =
                    processes.stream()
                            .flatMap(process -> process.steps().stream())
                            .mapToDouble(step -> step.get(phase))
                            .toArray();
            medians.put(phase.name().toLowerCase(Locale.ROOT), median(times) / 1e6);
        }
        return medians;
    }

    private static double median(double[] values) {
        return Median.withDefaults().evaluate(values);
    }

    private static double mean(double[] values) {
        return Mean.of(values).getAsDouble();
    }
}
