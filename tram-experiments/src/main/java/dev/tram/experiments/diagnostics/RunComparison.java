package dev.tram.experiments.diagnostics;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.internal.Arguments;
import dev.tram.experiments.Json;
import dev.tram.experiments.Results;
import dev.tram.experiments.report.HtmlPage;
import dev.tram.experiments.report.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Several experiments side by side: what differs, tables and pictures, on one page. */
public final class RunComparison {

    private static final String SAME = "<p>No setting.</p>\n";

    /** What diagnoses may have written beside results.json, in the same form. */
    private static final List<String> DIAGNOSES = List.of("sharpness.json", "cka.json");

    private final Map<String, List<RunDirectory>> runs = new LinkedHashMap<>();

    /**
     * Opens the experiments.
     *
     * @throws IllegalArgumentException if one is not a directory of an experiment, or given twice
     */
    public RunComparison(List<Path> roots) throws IOException {
        List<Path> names = roots.stream().map(root -> root.normalize().getFileName()).toList();
        boolean unique = Set.copyOf(names).size() == names.size();
        for (int i = 0; i < roots.size(); i++) {
            String label = (unique ? names.get(i) : roots.get(i).normalize()).toString();
            if (runs.put(label, RunDirectory.open("RUN", roots.get(i))) != null) {
                throw Arguments.rejected("RUN", "directories that differ", label + " twice");
            }
        }
    }

    /**
     * Writes the page and prints the tables.
     *
     * @param page the file, which is replaced if it exists
     * @param command the command line, for the page
     * @param out where the tables are printed
     */
    public void write(Path page, String command, PrintStream out) throws IOException {
        HtmlPage whole = new HtmlPage("Comparison of " + String.join(", ", runs.keySet()), command);
        StringBuilder html = whole.html();
        Table settings = settings();
        html.append("<h2>What differs</h2>\n")
                .append(settings.rows().isEmpty() ? SAME : settings.toHtml());
        out.print(settings.rows().isEmpty() ? "No setting differs.\n" : settings.toText());
        Set<String> targets = new LinkedHashSet<>();
        runs.values().forEach(all -> all.forEach(run -> targets.add(name(run))));
        for (String target : targets) {
            Map<String, RunDirectory> sides = sides(target);
            Map<String, Map<String, Results>> figures = new LinkedHashMap<>();
            for (Map.Entry<String, RunDirectory> side : sides.entrySet()) {
                figures.put(side.getKey(), figures(side.getValue()));
            }
            Table table = table(figures);
            out.printf(
                    "%n%s (mean ± 95 %% interval over seeds, * the best)%n%s",
                    target, table.toText());
            html.append("<h2>").append(HtmlPage.escape(target)).append("</h2>\n");
            html.append(
                    "<p>Mean ± 95 % confidence interval over seeds, none for a single seed; the best mean"
                            + " of a column is bold.</p>\n");
            html.append(table.toHtml());
            for (String figure : names(figures)) {
                html.append(
                        DiagnosisCharts.intervals(sidesWith(figure, figures), figure)
                                .toHtml(target + ": " + figure));
            }
            html.append(surfaces(sides));
        }
        whole.write(page);
        out.printf("%nPage: %s%n", page);
    }

    private static String name(RunDirectory run) {
        return run.config().experiment() + ", " + run.target();
    }

    private Map<String, RunDirectory> sides(String target) {
        Map<String, RunDirectory> sides = new LinkedHashMap<>();
        runs.forEach(
                (label, all) ->
                        all.stream()
                                .filter(run -> name(run).equals(target))
                                .forEach(run -> sides.put(label, run)));
        return sides;
    }

    /** By figure, where it stands: in the results or in what a diagnosis found. */
    private static Map<String, Results> figures(RunDirectory run) throws IOException {
        Map<String, Results> figures = new LinkedHashMap<>();
        Figures.names(run.results()).forEach(name -> figures.put(name, run.results()));
        for (String diagnosis : DIAGNOSES) {
            Path file = run.files().root().resolve(diagnosis);
            if (Files.isRegularFile(file)) {
                Results found = Json.read(file, Results.class);
                Domains.shown(Figures.names(found))
                        .forEach(name -> figures.putIfAbsent(name, found));
            }
        }
        return figures;
    }

    private static List<String> names(Map<String, Map<String, Results>> figures) {
        return figures.values().stream()
                .flatMap(side -> side.keySet().stream())
                .distinct()
                .toList();
    }

    private static Map<String, Results> sidesWith(
            String figure, Map<String, Map<String, Results>> figures) {
        Map<String, Results> sides = new LinkedHashMap<>();
        figures.forEach(
                (label, side) -> {
                    if (side.containsKey(figure)) {
                        sides.put(label, side.get(figure));
                    }
                });
        return sides;
    }

    /** A row per method and experiment, those of a method together. */
    private static Table table(Map<String, Map<String, Results>> figures) {
        List<String> names = names(figures);
        List<String> head = new ArrayList<>(List.of("method", "run"));
        head.addAll(names);
        Set<String> methods = new LinkedHashSet<>();
        figures.values()
                .forEach(
                        side ->
                                side.values()
                                        .forEach(
                                                found -> methods.addAll(found.methods().keySet())));
        List<List<Table.Cell>> rows = new ArrayList<>();
        for (String method : methods) {
            figures.forEach(
                    (label, side) -> {
                        List<Table.Cell> cells =
                                names.stream()
                                        .map(
                                                name ->
                                                        Figures.cell(
                                                                side.get(name),
                                                                method,
                                                                name,
                                                                sidesWith(name, figures).values()))
                                        .toList();
                        if (cells.stream().anyMatch(cell -> !cell.text().equals(Figures.NONE))) {
                            List<Table.Cell> row = new ArrayList<>();
                            row.add(Table.Cell.of(method));
                            row.add(Table.Cell.of(label));
                            row.addAll(cells);
                            rows.add(row);
                        }
                    });
        }
        return Table.of(head, rows);
    }

    /** The settings that are not the same in all experiments. */
    private Table settings() {
        Map<String, JsonNode> configs = new LinkedHashMap<>();
        Set<String> keys = new LinkedHashSet<>();
        runs.forEach(
                (label, all) -> {
                    JsonNode config = Json.MAPPER.valueToTree(all.get(0).config());
                    configs.put(label, config);
                    config.fieldNames().forEachRemaining(keys::add);
                });
        List<List<Table.Cell>> rows = new ArrayList<>();
        for (String key : keys) {
            List<String> values =
                    configs.values().stream().map(config -> text(config.get(key))).toList();
            if (!key.equals("target") && values.stream().distinct().count() > 1) {
                List<Table.Cell> row = new ArrayList<>(List.of(Table.Cell.of(key)));
                values.forEach(value -> row.add(Table.Cell.of(value)));
                rows.add(row);
            }
        }
        List<String> head = new ArrayList<>(List.of("setting"));
        head.addAll(configs.keySet());
        return Table.of(head, rows);
    }

    private static String text(JsonNode value) {
        if (value == null || value.isNull()) {
            return Figures.NONE;
        }
        return value.isValueNode() ? value.asText() : value.toString();
    }

    private static String surfaces(Map<String, RunDirectory> sides) throws IOException {
        StringBuilder html = new StringBuilder();
        for (Map.Entry<String, RunDirectory> side : sides.entrySet()) {
            Path file = side.getValue().files().root().resolve("surface.json");
            if (Files.isRegularFile(file)) {
                SurfaceDiagnosis.Surfaces surfaces =
                        Json.read(file, SurfaceDiagnosis.Surfaces.class);
                html.append(
                        HtmlPage.figure(
                                DiagnosisCharts.lines(surfaces.line()),
                                side.getKey() + ": loss along a direction"));
            }
        }
        return html.toString();
    }
}
