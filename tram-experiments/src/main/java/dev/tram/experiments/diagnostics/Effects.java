package dev.tram.experiments.diagnostics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Grid;
import dev.tram.experiments.Json;
import dev.tram.experiments.Results;
import dev.tram.experiments.report.Plot;
import dev.tram.experiments.report.Table;
import dev.tram.experiments.statistics.NestedMean;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.DoubleStream;

/**
 * How much the rows of experiments differ from one row, run by run with the same pretrained model
 * and seed. Experiments that differ in nothing but the pretrained model, the methods and the seeds
 * are parts of one; those with other settings give rows of their own. The unit of an interval is
 * the pretrained model, or the seed where all experiments began with the same.
 */
public final class Effects {

    private static final Set<String> PARTS = Set.of("pretrained", "methods", "seeds");

    /** By row, by pretrained model, the runs. */
    private final Map<String, Map<String, List<Results.RunResult>>> rows = new LinkedHashMap<>();

    /** By row, the method's name. */
    private final Map<String, String> methods = new LinkedHashMap<>();

    private final Set<String> directed = new LinkedHashSet<>();
    private final String base;

    /**
     * Reads the experiments.
     *
     * @param base the row that the others are compared with, one of the first experiment
     * @param only the methods of which rows are made beside the base; none for all
     * @throws IllegalArgumentException if one is not an experiment's directory, if they are of
     *     different tasks, if a run is there twice, or if there is no such row
     */
    public Effects(List<Path> roots, String base, Set<String> only) throws IOException {
        this.base = base;
        ExperimentConfig first = null;
        for (Path root : roots) {
            for (RunDirectory run : RunDirectory.open("RUN", root)) {
                first = Objects.requireNonNullElse(first, run.config());
                requireSameTask(first, run, root);
                add(run, differences(first, run.config()), only, root);
            }
        }
        for (String method : only) {
            if (!methods.containsValue(method)) {
                throw Arguments.rejected("--methods", "of these experiments", method);
            }
        }
        if (!rows.containsKey(base)) {
            throw Arguments.rejected("--base", "one of " + String.join(", ", rows.keySet()), base);
        }
    }

    private static void requireSameTask(ExperimentConfig first, RunDirectory run, Path root) {
        String task = first.experiment() + ", " + first.target();
        String other = run.config().experiment() + ", " + run.config().target();
        if (!task.equals(other)) {
            throw Arguments.rejected("RUN", "experiments of " + task, root + " of " + other);
        }
    }

    /** What differs from the first experiment beside the parts, as {@code (steps 320)}. */
    private static String differences(ExperimentConfig first, ExperimentConfig config) {
        ObjectNode known = Json.MAPPER.valueToTree(first);
        ObjectNode settings = Json.MAPPER.valueToTree(config);
        StringJoiner words = new StringJoiner(", ", " (", ")").setEmptyValue("");
        for (Map.Entry<String, JsonNode> setting : settings.remove(PARTS).properties()) {
            JsonNode value = setting.getValue();
            if (!value.equals(known.get(setting.getKey()))) {
                String text = value.isValueNode() ? value.asText() : value.toString();
                words.add(setting.getKey() + " " + text);
            }
        }
        return words.toString();
    }

    private void add(RunDirectory run, String suffix, Set<String> only, Path root) {
        directed.addAll(run.results().better().keySet());
        for (String method : run.results().methods().keySet()) {
            if (only.isEmpty() || only.contains(method) || method.equals(base)) {
                String row = method + suffix;
                methods.put(row, method);
                List<Results.RunResult> known =
                        rows.computeIfAbsent(row, key -> new LinkedHashMap<>())
                                .computeIfAbsent(
                                        run.config().pretrained(), key -> new ArrayList<>());
                for (Results.RunResult one : run.results().methods().get(method).runs()) {
                    add(one, known, row, root);
                }
            }
        }
    }

    private static void add(
            Results.RunResult run, List<Results.RunResult> known, String row, Path root) {
        if (known.stream().anyMatch(other -> other.seed() == run.seed())) {
            String twice = "%s, with %s and seed %s once more".formatted(root, row, run.seed());
            throw Arguments.rejected("RUN", "experiments whose runs differ", twice);
        }
        known.add(run);
    }

    /** Returns the names of the measures of which values are better, in their order. */
    public List<String> measures() {
        return List.copyOf(directed);
    }

    /**
     * Returns the means of the base's row and the differences of all others from it, those whose
     * interval leaves out 0 in bold: a table for Markdown.
     */
    public Table table(List<String> measures) {
        List<String> head = new ArrayList<>(List.of("row"));
        head.addAll(measures);
        head.addAll(List.of("mean ‖ε‖", "passes of a run", "n"));
        List<List<String>> lines = new ArrayList<>();
        for (String row : rows.keySet()) {
            List<String> line = new ArrayList<>(List.of("`" + row + "`"));
            for (String measure : measures) {
                line.add(
                        row.equals(base)
                                ? interval(mean(row, measure), "%.1f")
                                : difference(row, measure));
            }
            line.add(number("%.2f", mean(row, Grid.PERTURBATION.name())));
            line.add(
                    number("%.0f→", mean(row, Grid.FORWARD.name()))
                            + number(" %.0f←", mean(row, Grid.BACKWARD.name())));
            line.add(count(row));
            lines.add(line);
        }
        return Table.ofTexts(head, lines);
    }

    private String difference(String row, String measure) {
        NestedMean mean = mean(row, (unit, run) -> differences(unit, run, measure));
        String text = interval(mean, "%+.1f");
        return mean != null && mean.excludesZero() ? "**" + text + "**" : text;
    }

    /** A run's differences from those of the base with the same pretrained model and seed. */
    private DoubleStream differences(String unit, Results.RunResult run, String measure) {
        return rows.get(base).getOrDefault(unit, List.of()).stream()
                .filter(other -> other.seed() == run.seed())
                .mapToDouble(other -> run.value(measure) - other.value(measure));
    }

    private NestedMean mean(String row, String measure) {
        return mean(row, (unit, run) -> DoubleStream.of(run.value(measure)));
    }

    /** The mean of what a row's runs give; null if none gives a finite number. */
    private NestedMean mean(
            String row, BiFunction<String, Results.RunResult, DoubleStream> figures) {
        List<double[]> units = new ArrayList<>();
        rows.get(row)
                .forEach(
                        (unit, runs) ->
                                units.add(
                                        runs.stream()
                                                .flatMapToDouble(run -> figures.apply(unit, run))
                                                .filter(Double::isFinite)
                                                .toArray()));
        units.removeIf(unit -> unit.length == 0);
        return units.isEmpty() ? null : NestedMean.of(units);
    }

    private static String interval(NestedMean mean, String format) {
        if (mean == null) {
            return Figures.NONE;
        }
        String text = number(format, mean);
        return Double.isNaN(mean.halfWidth())
                ? text
                : text + String.format(Locale.ROOT, " ± %.1f", mean.halfWidth());
    }

    private static String number(String format, NestedMean mean) {
        return mean == null
                ? Figures.NONE
                : String.format(Locale.ROOT, format, mean.mean()).replace('-', '−');
    }

    /** How many runs there are, of how many pretrained models where the base has several. */
    private String count(String row) {
        IntSummaryStatistics runs =
                rows.get(row).values().stream().mapToInt(List::size).summaryStatistics();
        String each =
                runs.getMin() == runs.getMax()
                        ? String.valueOf(runs.getMin())
                        : runs.getMin() + "–" + runs.getMax();
        return isNested() ? runs.getCount() + " × " + each : each;
    }

    private boolean isNested() {
        return rows.get(base).size() > 1;
    }

    /** Says what the unit is and, per figure, where the base's spread comes from. */
    public String legend(List<String> measures) {
        String units =
                isNested()
                        ? "n: pretrained models × seeds of each. Means over models of the means over"
                                + " seeds; 95 % intervals by Student's t over models, for one model over"
                                + " its seeds.\n"
                        : "n: seeds with one pretrained model. 95 % intervals by Student's t over"
                                + " seeds.\n";
        String rest =
                "`"
                        + base
                        + "`: means; the others: differences from it, pair by pair; bold where the"
                        + " interval leaves out 0.\n";
        return units + rest + (isNested() ? spreads(measures) : "");
    }

    private String spreads(List<String> measures) {
        StringJoiner spreads = new StringJoiner("; ");
        for (String measure : measures) {
            NestedMean mean = mean(base, measure);
            if (mean != null) {
                String text =
                        String.format(Locale.ROOT, "%.1f and %.1f", mean.between(), mean.within());
                spreads.add(measure + " " + text);
            }
        }
        return "Standard deviations of `%s` between pretrained models and between seeds: %s.\n"
                .formatted(base, spreads);
    }

    /**
     * Draws a figure over the price of a run: a line per method with several lengths, a point for
     * others.
     */
    public Plot overPrice(String measure) {
        Map<String, SortedMap<Double, Double>> lines = new LinkedHashMap<>();
        for (String row : rows.keySet()) {
            NestedMean figure = mean(row, measure);
            NestedMean forward = mean(row, Grid.FORWARD.name());
            NestedMean backward = mean(row, Grid.BACKWARD.name());
            if (figure != null && forward != null && backward != null) {
                // A backward pass takes the time of two forward passes.
                double price = (forward.mean() + 2 * backward.mean()) / 3;
                lines.computeIfAbsent(methods.get(row), key -> new TreeMap<>())
                        .put(price, figure.mean());
            }
        }
        List<Plot.Series> series = new ArrayList<>();
        lines.forEach(
                (method, line) -> {
                    Plot.Mark mark = line.size() > 1 ? Plot.Mark.LINE_AND_POINTS : Plot.Mark.POINTS;
                    series.add(Plot.Series.of(series.size(), method, line, mark));
                });
        return new Plot(
                "price of a run, in updates of the base optimizer", measure, true, false, series);
    }
}
