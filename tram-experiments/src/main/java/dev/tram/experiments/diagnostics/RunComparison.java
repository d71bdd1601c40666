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
import java.util.Objects;
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
        boolean isSame = settings.rows().isEmpty();
        whole.heading("What differs");
        html.append(isSame ? SAME : settings.toHtml());
        out.print(isSame ? "No setting differs.\n" : settings.toText());
        List<String> targets =
                runs.values().stream()
                        .flatMap(List::stream)
                        .map(RunComparison::name)
                        .distinct()
                        .toList();
        for (String target : targets) {
            Map<String, RunDirectory> sides = sides(target);
            Map<String, Map<String, Results>> figures = new LinkedHashMap<>();
            for (String label : sides.keySet()) {
                figures.put(label, figures(sides.get(label)));
            }
            Table table = table(figures);
            out.printf(
                    "%n%s (mean ± 95 %% interval over seeds, * the best)%n%s",
                    target, table.toText());
            whole.heading(target);
            whole.paragraph(
                    "Mean ± 95 % confidence interval over seeds, none for a single seed; the best mean"
                            + " of a column is bold.");
            html.append(table.toHtml());
            for (String figure : names(figures)) {
                html.append(
                        DiagnosisCharts.intervals(sidesWith(figure, figures), figure)
                                .toHtml(target + ": " + figure));
            }
            for (String label : sides.keySet()) {
                appendSurface(html, label, sides.get(label));
            }
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
        figures.forEach((label, side) -> sides.put(label, side.get(figure)));
        sides.values().removeIf(Objects::isNull);
        return sides;
    }

    /** A row per method and experiment, those of a method together. */
    private static Table table(Map<String, Map<String, Results>> figures) {
        List<String> names = names(figures);
        List<String> head = new ArrayList<>(List.of("method", "run"));
        head.addAll(names);
        List<String> methods =
                figures.values().stream()
                        .flatMap(side -> side.values().stream())
                        .flatMap(found -> found.methods().keySet().stream())
                        .distinct()
                        .toList();
        List<List<Table.Cell>> rows = new ArrayList<>();
        for (String method : methods) {
            for (String label : figures.keySet()) {
                List<Table.Cell> row = new ArrayList<>();
                row.add(Table.Cell.of(method));
                row.add(Table.Cell.of(label));
                for (String name : names) {
                    Map<String, Results> sides = sidesWith(name, figures);
                    row.add(Figures.cell(sides.get(label), method, name, sides.values()));
                }
                if (row.stream().skip(2).anyMatch(cell -> !cell.text().equals(Figures.NONE))) {
                    rows.add(row);
                }
            }
        }
        return Table.of(head, rows);
    }

    /** The settings that are not the same in all experiments. */
    private Table settings() {
        List<String> head = new ArrayList<>(List.of("setting"));
        head.addAll(runs.keySet());
        List<JsonNode> configs = new ArrayList<>();
        runs.values().forEach(all -> configs.add(Json.MAPPER.valueToTree(all.get(0).config())));
        Set<String> keys = new LinkedHashSet<>();
        configs.forEach(config -> config.fieldNames().forEachRemaining(keys::add));
        keys.remove("target");
        List<List<String>> rows = new ArrayList<>();
        for (String key : keys) {
            List<String> row = new ArrayList<>(List.of(key));
            configs.forEach(config -> row.add(text(config.get(key))));
            if (row.stream().skip(1).distinct().count() > 1) {
                rows.add(row);
            }
        }
        return Table.ofTexts(head, rows);
    }

    private static String text(JsonNode value) {
        if (value == null || value.isNull()) {
            return Figures.NONE;
        }
        return value.isValueNode() ? value.asText() : value.toString();
    }

    private static void appendSurface(StringBuilder html, String label, RunDirectory run)
            throws IOException {
        Path file = run.files().root().resolve("surface.json");
        if (Files.isRegularFile(file)) {
            SurfaceDiagnosis.Surfaces surfaces = Json.read(file, SurfaceDiagnosis.Surfaces.class);
            html.append(
                    HtmlPage.figure(
                            DiagnosisCharts.lines(surfaces.line()),
                            label + ": loss along a direction"));
        }
    }
}
