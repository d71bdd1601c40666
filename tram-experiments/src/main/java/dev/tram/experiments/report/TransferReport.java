package dev.tram.experiments.report;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.experiments.Json;
import dev.tram.experiments.Results;
import dev.tram.experiments.statistics.ScoreTable;
import dev.tram.experiments.statistics.Significance;
import dev.tram.experiments.statistics.Transfer;
import dev.tram.experiments.statistics.Trend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Correlations between domains as files: report.html, correlations.csv, scatter.csv,
 * statistics.json and TABLE-DOMAIN.svg.
 */
public final class TransferReport {

    private static final List<String> HEAD = List.of("domain", "ρ", "p < 0.01", "paper's ρ");

    /** Without the last, where the paper has none of the domains. */
    private static final int OWN_COLUMNS = 3;

    private static final String EXPLANATION =
            "Pearson's ρ between a method's figure on the training domain and on another, over"
                    + " methods; the model before fine-tuning and combinations of methods are"
                    + " left out. correlated is the mean of the domains whose ρ is positive, where"
                    + " others have a negative one.";

    /** Three would be a trend of prior work, or of TRAM, alone. */
    private static final int FEWEST_METHODS = 4;

    private TransferReport() {}

    /**
     * Returns the figures of an experiment: the domains' figures, and their average where there is
     * one.
     */
    public static ScoreTable table(Results results) {
        Set<String> columns = new LinkedHashSet<>(results.domains());
        columns.add(Transfer.AVERAGE);
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        results.methods()
                .forEach(
                        (method, runs) -> {
                            Map<String, Double> row = new LinkedHashMap<>(runs.mean());
                            row.keySet().retainAll(columns);
                            rows.put(method, row);
                        });
        rows.values().forEach(row -> columns.retainAll(row.keySet()));
        return new ScoreTable(
                results.experiment() + "-" + results.target(), List.copyOf(columns), rows);
    }

    /** Returns an experiment's correlations; empty for a single domain or too few methods. */
    static Optional<Transfer> of(Results results) {
        ScoreTable table = table(results);
        return hasTransfer(table) ? Optional.of(Transfer.of(table)) : Optional.empty();
    }

    /**
     * Tells whether there is something to correlate. Returns whether it has several domains, enough
     * methods, and finite figures alone.
     */
    public static boolean hasTransfer(ScoreTable table) {
        long compared = table.rows().keySet().stream().filter(Transfer::isCompared).count();
        boolean areFinite =
                table.columns().stream()
                        .flatMapToDouble(column -> Arrays.stream(table.column(column)))
                        .allMatch(Double::isFinite);
        return table.columns().size() > 1 && compared >= FEWEST_METHODS && areFinite;
    }

    /**
     * Writes the files.
     *
     * @param directory where; created if absent
     */
    public static void write(Path directory, String command, List<Transfer> tables)
            throws IOException {
        Files.createDirectories(directory);
        HtmlPage page = new HtmlPage("tram stats", command);
        page.paragraph(EXPLANATION);
        for (Transfer transfer : tables) {
            page.heading(transfer.table() + ": correlation with " + transfer.training());
            append(page, transfer, directory);
        }
        writeTables(directory, tables);
        page.write(directory.resolve("report.html"));
    }

    static void append(HtmlPage page, Transfer transfer) {
        page.html().append("<h3>Correlation with ");
        page.html().append(HtmlPage.escape(transfer.training())).append("</h3>\n");
        page.paragraph(EXPLANATION);
        page.html().append(table(transfer).toHtml());
        for (Transfer.Panel panel : transfer.panels()) {
            append(page, panel, Charts.scatter(transfer.training(), panel));
        }
    }

    private static void append(HtmlPage page, Transfer transfer, Path pictures) throws IOException {
        page.html().append(table(transfer).toHtml());
        for (Transfer.Panel panel : transfer.panels()) {
            Plot plot = Charts.scatter(transfer.training(), panel);
            AtomicFile.write(
                    picture(pictures, transfer.table() + "-" + panel.domain() + ".svg"),
                    SvgPlot.file(plot, title(plot)));
            append(page, panel, plot);
        }
    }

    /** A file of a directory; names that somebody else's table has may lead out of it. */
    private static Path picture(Path directory, String name) {
        if (!name.equals(directory.resolve(name).getFileName().toString())) {
            throw Arguments.rejected("a table and its domain", "named as a file can be", name);
        }
        return directory.resolve(name);
    }

    private static void append(HtmlPage page, Transfer.Panel panel, Plot plot) {
        page.curves(plot, title(plot), title(plot) + ": " + trends(panel));
    }

    private static String title(Plot plot) {
        return plot.y() + " over " + plot.x();
    }

    /** Writes correlations.csv, scatter.csv and statistics.json. */
    static void writeTables(Path directory, List<Transfer> tables) throws IOException {
        Table.writeCsv(directory.resolve("correlations.csv"), correlations(tables));
        Table.writeCsv(directory.resolve("scatter.csv"), points(tables));
        Json.write(directory.resolve("statistics.json"), tables);
    }

    /** Renders correlations as text, a line per domain. */
    public static String render(Transfer transfer) {
        return "%s: correlation with %s\n%s"
                .formatted(transfer.table(), transfer.training(), table(transfer).toText());
    }

    private static Table table(Transfer transfer) {
        boolean isOfPaper =
                transfer.correlations().stream().anyMatch(one -> Double.isFinite(one.paper()));
        int columns = isOfPaper ? HEAD.size() : OWN_COLUMNS;
        return Table.ofTexts(
                HEAD.subList(0, columns),
                rows(transfer).stream().map(row -> row.subList(0, columns)).toList());
    }

    private static List<List<String>> rows(Transfer transfer) {
        return transfer.correlations().stream()
                .map(
                        correlation ->
                                List.of(
                                        correlation.domain(),
                                        rho(correlation.trend().correlation()),
                                        correlation.trend().pValue() < Significance.LEVEL
                                                ? "✓"
                                                : "",
                                        rho(correlation.paper())))
                .toList();
    }

    private static String rho(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "–";
    }

    private static String trends(Transfer.Panel panel) {
        return "prior work %s (dotted), TRAM %s (dashed)"
                .formatted(trend(panel.prior()), trend(panel.tram()));
    }

    private static String trend(Trend trend) {
        return trend == null
                ? "has too few methods for a trend"
                : String.format(
                        Locale.ROOT, "ρ = %.3f, slope %.3f", trend.correlation(), trend.slope());
    }

    private static List<List<Object>> correlations(List<Transfer> tables) {
        List<List<Object>> lines = new ArrayList<>();
        lines.add(
                List.of(
                        "table",
                        "training",
                        "domain",
                        "methods",
                        "rho",
                        "p_value",
                        "slope",
                        "intercept",
                        "paper_rho"));
        for (Transfer transfer : tables) {
            for (Transfer.Correlation correlation : transfer.correlations()) {
                Trend trend = correlation.trend();
                lines.add(
                        List.of(
                                transfer.table(),
                                transfer.training(),
                                correlation.domain(),
                                trend.n(),
                                trend.correlation(),
                                trend.pValue(),
                                trend.slope(),
                                trend.intercept(),
                                correlation.paper()));
            }
        }
        return lines;
    }

    private static List<List<Object>> points(List<Transfer> tables) {
        List<List<Object>> lines = new ArrayList<>();
        lines.add(List.of("table", "domain", "method", "is_tram", "x", "y"));
        for (Transfer transfer : tables) {
            for (Transfer.Panel panel : transfer.panels()) {
                for (Transfer.Point point : panel.points()) {
                    lines.add(
                            List.of(
                                    transfer.table(),
                                    panel.domain(),
                                    point.method(),
                                    point.isTram(),
                                    point.x(),
                                    point.y()));
                }
            }
        }
        return lines;
    }
}
