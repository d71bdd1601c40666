package dev.tram.experiments.report;

import dev.tram.experiments.Measure;
import dev.tram.experiments.statistics.MeanInterval;
import dev.tram.experiments.statistics.MethodGroup;
import dev.tram.experiments.statistics.Significance;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The table of results as text: a row per method, a column per measure, the best value marked *,
 * groups of methods apart. Below a method's row stand the paper's figures, where there are any.
 */
public final class TextTable {

    private static final String NONE = "–";
    private static final String PAPER = "  paper";

    private TextTable() {}

    /**
     * Renders a table. Returns lines of equal width, blank ones between groups of several methods.
     */
    public static String render(ResultTable table) {
        StringBuilder text = new StringBuilder(of(table).toText());
        legend(table).forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /** Explains the marks that the table has. */
    private static List<String> legend(ResultTable table) {
        List<ResultTable.Row> rows = table.rows();
        List<ResultTable.Cell> cells = rows.stream().flatMap(row -> row.cells().stream()).toList();
        List<String> legend = new ArrayList<>();
        boolean hasZeroShot =
                rows.stream().anyMatch(row -> row.method().equals(MethodGroup.ZERO_SHOT));
        if (cells.stream().anyMatch(ResultTable.Cell::isBest)) {
            legend.add("*: the best of its column" + (hasZeroShot ? " after fine-tuning" : ""));
        }
        if (cells.stream().anyMatch(cell -> Double.isFinite(cell.ci95()))) {
            legend.add("±: half the width of the mean's 95 % interval over seeds");
        }
        if (hasZeroShot) {
            legend.add(MethodGroup.ZERO_SHOT + ": the model before fine-tuning");
        }
        if (rows.stream().anyMatch(ResultTable.Row::hasPaper)) {
            legend.add("paper: the paper's figures for the same data");
        }
        if (table.baseline() != null) {
            legend.add(explainPValue(table));
        }
        return legend;
    }

    /** Says what the p-values compare, and by which test. */
    static String explainPValue(ResultTable table) {
        return "p: against %s, the best baseline, by %s, two-sided; † below %s"
                .formatted(table.baseline(), table.test().title(), Significance.LEVEL);
    }

    /** Returns the table, with the paper's figures below each row that has any. */
    static Table of(ResultTable table) {
        List<Table.Row> rows = new ArrayList<>();
        MethodGroup group = null;
        for (ResultTable.Row row : table.rows()) {
            boolean isNew = group != null && group != row.group();
            boolean isApart = isNew && (size(table, group) > 1 || size(table, row.group()) > 1);
            group = row.group();
            rows.add(new Table.Row(line(table, row), isApart ? "group" : ""));
            if (row.hasPaper()) {
                rows.add(new Table.Row(paper(table, row), "paper"));
            }
        }
        List<String> head = new ArrayList<>(List.of("method"));
        table.measures().forEach(measure -> head.add(measure.title()));
        if (table.baseline() != null) {
            head.add("p");
        }
        return new Table(head, rows);
    }

    private static long size(ResultTable table, MethodGroup group) {
        return table.rows().stream().filter(row -> row.group() == group).count();
    }

    private static List<Table.Cell> line(ResultTable table, ResultTable.Row row) {
        List<Table.Cell> line = new ArrayList<>(List.of(Table.Cell.of(row.method())));
        for (int i = 0; i < row.cells().size(); i++) {
            ResultTable.Cell cell = row.cells().get(i);
            line.add(new Table.Cell(cell(cell, table.measures().get(i), table), cell.isBest()));
        }
        if (table.baseline() != null) {
            line.add(Table.Cell.of(pValue(row.pValue())));
        }
        return line;
    }

    private static List<Table.Cell> paper(ResultTable table, ResultTable.Row row) {
        List<Table.Cell> line = new ArrayList<>(List.of(Table.Cell.of(PAPER)));
        row.cells().stream()
                .map(cell -> interval(cell.paper(), cell.paperCi95(), table))
                .forEach(text -> line.add(Table.Cell.of(text)));
        if (table.baseline() != null) {
            line.add(Table.Cell.of(""));
        }
        return line;
    }

    /** Mean ± half width of the interval; a dash for a figure that the method does not have. */
    static String cell(ResultTable.Cell cell, Measure measure, ResultTable table) {
        return Double.isFinite(cell.mean()) && measure.direction() == Measure.Direction.NONE
                ? String.format(Locale.ROOT, "%.2g", cell.mean())
                : interval(cell.mean(), cell.ci95(), table);
    }

    private static String interval(double mean, double ci95, ResultTable table) {
        return Double.isFinite(mean)
                ? new MeanInterval(mean, ci95).inWords(value -> number(value, table))
                : NONE;
    }

    /** A figure with the decimals of a table. */
    static String number(double value, ResultTable table) {
        return String.format(Locale.ROOT, "%." + table.decimals() + "f", value);
    }

    /** The p-value, marked where the paper would call it significant. */
    private static String pValue(double value) {
        return Double.isFinite(value)
                ? String.format(
                        Locale.ROOT, "%.2g%s", value, value < Significance.LEVEL ? "†" : " ")
                : NONE;
    }
}
