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
        StringJoiner words = new StringJoiner(", ", " (", ")").setEmptyValue("");
        ObjectNode settings = Json.MAPPER.valueToTree(config);
        settings.remove(PARTS);
        for (Map.Entry<String, JsonNode> setting : settings.properties()) {
            if (!setting.getValue().equals(known.get(setting.getKey()))) {
                String value =
                        setting.getValue().isValueNode()
                                ? setting.getValue().asText()
                                : setting.getValue().toString();
                words.add(setting.getKey() + " " + value);
            }
        }
        return words.toString();
    }

    private void add(RunDirectory run, String suffix, Set<String> only, Path root) {
        directed.addAll(run.results().better().keySet());
        run.results()
                .methods()
                .forEach(
                        (method, found) -> {
                            if (!only.isEmpty() && !only.contains(method) && !method.equals(base)) {
                                return;
                            }
                            String row = method + suffix;
                            methods.put(row, method);
                            List<Results.RunResult> known =
                                    rows.computeIfAbsent(row, key -> new LinkedHashMap<>())
                                            .computeIfAbsent(
                                                    run.config().pretrained(),
                                                    key -> new ArrayList<>());
                            found.runs().forEach(one -> add(one, known, row, root));
                        });
    }

    private static void add(
            Results.RunResult run, List<Results.RunResult> known, String row, Path root) {
        if (known.stream().anyMatch(other -> other.seed() == run.seed())) {
            throw Arguments.rejected(
                    "RUN",
                    "experiments whose runs differ",
                    root + ", with " + row + " and seed " + run.seed() + " once more");
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
        List<double[]> units = new ArrayList<>();
        rows.get(row)
                .forEach(
                        (unit, runs) -> {
                            double[] paired = differences(unit, runs, measure);
                            if (paired.length > 0) {
                                units.add(paired);
                            }
                        });
        if (units.isEmpty()) {
            return Figures.NONE;
        }
        NestedMean mean = NestedMean.of(units);
        String text = interval(mean, "%+.1f");
        return mean.excludesZero() ? "**" + text + "**" : text;
    }

    private double[] differences(String unit, List<Results.RunResult> runs, String measure) {
        List<Results.RunResult> others = rows.get(base).getOrDefault(unit, List.of());
        return runs.stream()
                .flatMapToDouble(
                        run ->
                                others.stream()
                                        .filter(other -> other.seed() == run.seed())
                                        .mapToDouble(
                                                other -> run.value(measure) - other.value(measure)))
                .filter(Double::isFinite)
                .toArray();
    }

    /** The mean of a row's figure; null if no run has it. */
    private NestedMean mean(String row, String measure) {
        List<double[]> units =
                rows.get(row).values().stream()
                        .map(
                                runs ->
                                        runs.stream()
                                                .mapToDouble(run -> run.value(measure))
                                                .filter(Double::isFinite)
                                                .toArray())
                        .filter(values -> values.length > 0)
                        .toList();
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
        StringBuilder lines = new StringBuilder();
        lines.append(
                isNested()
                        ? "n: pretrained models × seeds of each. Means over models of the means over"
                                + " seeds; 95 % intervals by Student's t over models, for one model over"
                                + " its seeds.\n"
                        : "n: seeds with one pretrained model. 95 % intervals by Student's t over"
                                + " seeds.\n");
        lines.append("`" + base + "`: means; the others: differences from it, pair by pair; bold")
                .append(" where the interval leaves out 0.\n");
        if (isNested()) {
            StringJoiner spreads = new StringJoiner("; ");
            for (String measure : measures) {
                NestedMean mean = mean(base, measure);
                if (mean != null) {
                    spreads.add(
                            String.format(
                                    Locale.ROOT,
                                    "%s %.1f and %.1f",
                                    measure,
                                    mean.between(),
                                    mean.within()));
                }
            }
            lines.append("Standard deviations of `" + base + "` between pretrained models and")
                    .append(" between seeds: " + spreads + ".\n");
        }
        return lines.toString();
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
                (method, line) ->
                        series.add(
                                Plot.Series.of(
                                        series.size(),
                                        method,
                                        line,
                                        line.size() > 1
                                                ? Plot.Mark.LINE_AND_POINTS
                                                : Plot.Mark.POINTS)));
        return new Plot(
                "price of a run, in updates of the base optimizer", measure, true, false, series);
    }
}
