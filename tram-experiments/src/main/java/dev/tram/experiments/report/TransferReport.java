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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Correlations between domains as files: report.html, correlations.csv, scatter.csv,
 * statistics.json and TABLE-DOMAIN.svg.
 */
public final class TransferReport {

    private static final List<String> HEAD = List.of("domain", "ρ", "p < 0.01", "paper's ρ");

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
        List<String> columns = new ArrayList<>(results.domains());
        columns.add(Transfer.AVERAGE);
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (String method : results.methods().keySet()) {
            Map<String, Double> row = new LinkedHashMap<>(results.methods().get(method).mean());
            row.keySet().retainAll(columns);
            rows.put(method, row);
        }
        rows.values().forEach(row -> columns.retainAll(row.keySet()));
        String name = results.experiment() + "-" + results.target();
        return new ScoreTable(name, columns.stream().distinct().toList(), rows);
    }

    /** Returns an experiment's correlations; empty for a single domain or too few methods. */
    static Optional<Transfer> of(Results results) {
        return Optional.of(table(results)).filter(TransferReport::hasTransfer).map(Transfer::of);
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
            appendPanels(page, transfer);
            for (Transfer.Panel panel : transfer.panels()) {
                Plot plot = Charts.scatter(transfer.training(), panel);
                Path picture = picture(directory, transfer.table() + "-" + panel.domain() + ".svg");
                AtomicFile.write(picture, SvgPlot.file(plot, title(plot), false));
            }
        }
        writeTables(directory, tables);
        page.write(directory.resolve("report.html"));
    }

    static void append(HtmlPage page, Transfer transfer) {
        page.subheading("Correlation with " + transfer.training());
        page.paragraph(EXPLANATION);
        appendPanels(page, transfer);
    }

    private static void appendPanels(HtmlPage page, Transfer transfer) {
        page.html().append(table(transfer).toHtml());
        for (Transfer.Panel panel : transfer.panels()) {
            Plot plot = Charts.scatter(transfer.training(), panel);
            String trends =
                    "%s: prior work %s (dotted), TRAM %s (dashed)"
                            .formatted(title(plot), trend(panel.prior()), trend(panel.tram()));
            page.curves(plot, title(plot), trends);
        }
    }

    /** A file of a directory; names that somebody else's table has may lead out of it. */
    private static Path picture(Path directory, String name) {
        if (!name.equals(directory.resolve(name).getFileName().toString())) {
            throw Arguments.rejected("a table and its domain", "named as a file can be", name);
        }
        return directory.resolve(name);
    }

    private static String title(Plot plot) {
        return plot.y() + " over " + plot.x();
    }

    /** Writes correlations.csv, scatter.csv and statistics.json. */
    static void writeTables(Path directory, List<Transfer> tables) throws IOException {
        List<List<Object>> correlations = new ArrayList<>();
        List<List<Object>> points = new ArrayList<>();
        for (Transfer transfer : tables) {
            for (Transfer.Correlation one : transfer.correlations()) {
                correlations.add(line(transfer, one, one.trend()));
            }
            for (Transfer.Panel panel : transfer.panels()) {
                panel.points().forEach(point -> points.add(line(transfer, panel, point)));
            }
        }
        Table.writeCsv(
                directory.resolve("correlations.csv"),
                "table,training,domain,methods,rho,p_value,slope,intercept,paper_rho",
                correlations);
        Table.writeCsv(directory.resolve("scatter.csv"), "table,domain,method,is_tram,x,y", points);
        Json.write(directory.resolve("statistics.json"), tables);
    }

    private static List<Object> line(Transfer of, Transfer.Correlation one, Trend trend) {
        return List.of(
                of.table(),
                of.training(),
                one.domain(),
                trend.n(),
                trend.correlation(),
                trend.pValue(),
                trend.slope(),
                trend.intercept(),
                one.paper());
    }

    private static List<Object> line(Transfer of, Transfer.Panel panel, Transfer.Point point) {
        return List.of(
                of.table(), panel.domain(), point.method(), point.isTram(), point.x(), point.y());
    }

    /** Renders correlations as text, a line per domain. */
    public static String render(Transfer transfer) {
        return "%s: correlation with %s\n%s"
                .formatted(transfer.table(), transfer.training(), table(transfer).toText());
    }

    /** Without the last column, where the paper has none of the domains. */
    private static Table table(Transfer transfer) {
        boolean isOfPaper =
                transfer.correlations().stream().anyMatch(one -> Double.isFinite(one.paper()));
        int columns = isOfPaper ? HEAD.size() : HEAD.size() - 1;
        List<List<String>> rows = new ArrayList<>();
        for (Transfer.Correlation one : transfer.correlations()) {
            String mark = one.trend().pValue() < Significance.LEVEL ? "✓" : "";
            String rho = rho(one.trend().correlation());
            rows.add(List.of(one.domain(), rho, mark, rho(one.paper())).subList(0, columns));
        }
        return Table.ofTexts(HEAD.subList(0, columns), rows);
    }

    private static String rho(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "–";
    }

    private static String trend(Trend trend) {
        return trend == null
                ? "has too few methods for a trend"
                : String.format(
                        Locale.ROOT, "ρ = %.3f, slope %.3f", trend.correlation(), trend.slope());
    }
}
