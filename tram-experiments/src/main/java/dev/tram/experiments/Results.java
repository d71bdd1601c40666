package dev.tram.experiments;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.tram.core.internal.Arguments;
import dev.tram.experiments.statistics.MeanInterval;
import dev.tram.experiments.statistics.MethodGroup;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the runs of an experiment gave: the content of results.json.
 *
 * @param better by measure, which values are better; measures that say nothing of that are absent
 * @param domains the measures of single domains, that of the training domain first
 * @param methods per method, its runs and their means
 */
public record Results(
        String experiment,
        String target,
        String device,
        Map<String, Measure.Direction> better,
        List<String> domains,
        Map<String, MethodResults> methods) {

    public Results {
        if (better == null || domains == null) {
            throw Arguments.rejected(
                    "results.json", "with better and domains", "that of an earlier version");
        }
        requireWhole(experiment, target, device, methods);
        requireWhole(better.values().toArray());
        requireWhole(methods.values().toArray());
        better = Collections.unmodifiableMap(better);
        domains = List.copyOf(domains);
    }

    private static void requireWhole(Object... values) {
        for (Object value : values) {
            if (value == null) {
                throw Arguments.rejected("results.json", "without gaps", "null for a value");
            }
        }
    }

    public static Results none(ExperimentConfig config) {
        return of(config, Map.of(), List.of());
    }

    private static Results of(
            ExperimentConfig config, Map<String, Measure.Direction> better, List<String> domains) {
        return new Results(
                config.experiment(), config.target(), config.device(), better, domains, Map.of());
    }

    /** Returns these results with the directions of measures. */
    public Results judgedBy(List<Measure> measures) {
        Map<String, Measure.Direction> directions = new LinkedHashMap<>(better);
        measures.stream()
                .filter(measure -> measure.direction() != Measure.Direction.NONE)
                .forEach(measure -> directions.put(measure.name(), measure.direction()));
        return new Results(experiment, target, device, directions, domains, methods);
    }

    /** Returns these results with the measures of single domains, the training domain's first. */
    public Results ofDomains(List<Measure> measures) {
        List<String> names = measures.stream().map(Measure::name).toList();
        return new Results(experiment, target, device, better, names, methods);
    }

    public Results with(RunKey key, Map<String, Double> measures, List<String> order) {
        Map<String, MethodResults> changed = new LinkedHashMap<>();
        for (String method : order) {
            MethodResults old = methods.getOrDefault(method, new MethodResults(List.of()));
            if (method.equals(key.method())) {
                changed.put(method, old.with(new RunResult(key.seed(), measures)));
            } else if (!old.runs().isEmpty()) {
                changed.put(method, old);
            }
        }
        return new Results(experiment, target, device, better, domains, changed);
    }

    /**
     * Returns the results of several targets as one; each measure's name begins with its target's.
     */
    public static Results merged(ExperimentConfig config, List<Results> parts) {
        Map<String, Measure.Direction> directions = new LinkedHashMap<>();
        for (Results part : parts) {
            part.better.forEach(
                    (name, direction) -> directions.put(part.qualified(name), direction));
        }
        List<String> domains =
                parts.stream().flatMap(part -> part.domains.stream().map(part::qualified)).toList();
        Results merged = of(config, directions, domains);
        for (RunKey key : config.runs()) {
            Map<String, Double> measures = new LinkedHashMap<>();
            for (Results part : parts) {
                Map<String, Double> own = part.run(key).map(RunResult::measures).orElse(Map.of());
                own.forEach((name, value) -> measures.put(part.qualified(name), value));
            }
            merged = merged.with(key, measures, config.methods());
        }
        return merged;
    }

    private String qualified(String measure) {
        return target + "." + measure;
    }

    public Optional<RunResult> run(RunKey key) {
        return Optional.ofNullable(methods.get(key.method())).stream()
                .flatMap(method -> method.runs().stream())
                .filter(run -> run.seed() == key.seed())
                .findFirst();
    }

    /** Returns a method's mean, NaN if it is not there. */
    public double mean(String method, String measure) {
        MethodResults found = methods.get(method);
        return found == null ? Double.NaN : found.mean().getOrDefault(measure, Double.NaN);
    }

    /** Returns the half width of the mean's 95 % interval, NaN if it is not there. */
    public double ci95(String method, String measure) {
        MethodResults found = methods.get(method);
        return found == null ? Double.NaN : found.ci95().getOrDefault(measure, Double.NaN);
    }

    /** Returns whether a trained method has a better mean than a given one. */
    public boolean hasBetter(double mean, String measure, Measure.Direction direction) {
        return methods.keySet().stream()
                .filter(method -> !method.equals(MethodGroup.ZERO_SHOT))
                .anyMatch(method -> direction.isBetter(mean(method, measure), mean));
    }

    /**
     * Returns by how much a method's figure exceeds another's, seed by seed: a difference per seed
     * for which both have the figure.
     */
    public double[] differences(String method, String other, String measure) {
        return methods.get(method).runs().stream()
                .flatMapToDouble(
                        run ->
                                run(new RunKey(other, run.seed())).stream()
                                        .mapToDouble(
                                                paired ->
                                                        run.value(measure) - paired.value(measure)))
                .filter(Double::isFinite)
                .toArray();
    }

    /** A run's figures. */
    public record RunResult(int seed, @JsonAnyGetter Map<String, Double> measures) {

        @JsonCreator
        RunResult(@JsonProperty("seed") int seed) {
            this(seed, new LinkedHashMap<>());
        }

        @JsonAnySetter
        void set(String measure, Double value) {
            measures.put(measure, value);
        }

        /** Returns a figure, NaN if it is not there. */
        public double value(String measure) {
            return measures.getOrDefault(measure, Double.NaN);
        }
    }

    /**
     * A method's runs and, per measure, their mean and the half width of its 95 % interval.
     *
     * @param runs the runs by ascending seed
     * @param ci95 the half widths; NaN for fewer than three runs, as that of two is six times their
     *     distance
     */
    public record MethodResults(
            List<RunResult> runs, Map<String, Double> mean, Map<String, Double> ci95) {

        private static final int FEWEST_RUNS = 3;

        public MethodResults {
            requireWhole(runs, mean, ci95);
            runs = List.copyOf(runs);
        }

        MethodResults(List<RunResult> runs) {
            this(runs, new LinkedHashMap<>(), new LinkedHashMap<>());
            if (!runs.isEmpty()) {
                for (String measure : runs.get(0).measures().keySet()) {
                    double[] values =
                            runs.stream().mapToDouble(run -> run.measures().get(measure)).toArray();
                    MeanInterval interval = MeanInterval.of(values);
                    mean.put(measure, interval.mean());
                    ci95.put(
                            measure, runs.size() < FEWEST_RUNS ? Double.NaN : interval.halfWidth());
                }
            }
        }

        private MethodResults with(RunResult run) {
            List<RunResult> all = new ArrayList<>(runs);
            all.removeIf(old -> old.seed() == run.seed());
            all.add(run);
            all.sort(Comparator.comparingInt(RunResult::seed));
            return new MethodResults(all);
        }
    }
}
