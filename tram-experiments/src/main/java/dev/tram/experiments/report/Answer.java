package dev.tram.experiments.report;

import dev.tram.experiments.Measure;
import dev.tram.experiments.Results;
import dev.tram.experiments.statistics.MeanInterval;
import dev.tram.experiments.statistics.MethodGroup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What an experiment shows, in two sentences and one chart: every method against the base optimizer
 * by the task's headline.
 *
 * @param headline the figure by which methods are compared, one of the table's
 */
public record Answer(ResultTable table, Measure headline, Results results, int seeds) {

    private static final List<String> BASES = List.of("adam", "adamw", "sgd");

    /** The colours of {@link Charts}. */
    private static final int TRAM = 2;

    private static final int OTHERS = 0;

    /** The methods, the best first; those without a figure last. */
    private List<ResultTable.Row> ranked() {
        Comparator<ResultTable.Row> byMean = Comparator.comparingDouble(row -> cell(row).mean());
        if (headline.direction() == Measure.Direction.HIGHER) {
            byMean = byMean.reversed();
        }
        return table.rows().stream()
                .sorted(
                        Comparator.<ResultTable.Row, Boolean>comparing(
                                        row -> !Double.isFinite(cell(row).mean()))
                                .thenComparing(byMean))
                .toList();
    }

    private int column() {
        return table.measures().stream().map(Measure::name).toList().indexOf(headline.name());
    }

    private ResultTable.Cell cell(ResultTable.Row row) {
        return row.cells().get(column());
    }

    private String text(ResultTable.Row row) {
        return TextTable.cell(cell(row), headline, table);
    }

    private Optional<ResultTable.Row> base() {
        return BASES.stream()
                .flatMap(name -> table.rows().stream().filter(row -> row.method().equals(name)))
                .filter(row -> Double.isFinite(cell(row).mean()))
                .findFirst();
    }

    private List<ResultTable.Row> trained() {
        return ranked().stream()
                .filter(row -> row.group() != MethodGroup.UNTRAINED)
                .filter(row -> Double.isFinite(cell(row).mean()))
                .toList();
    }

    /**
     * Says which method is best, and whether it can be told from the base optimizer. Returns two
     * sentences; one where there is nothing to compare.
     */
    public String sentence() {
        List<ResultTable.Row> trained = trained();
        if (trained.isEmpty()) {
            return "No method has a finite " + headline.title() + ".";
        }
        ResultTable.Row best = trained.get(0);
        String first =
                "Best " + headline.title() + ": " + best.method() + ", " + text(best) + direction();
        if (base().isEmpty() || trained.size() == 1) {
            return first + ".";
        }
        ResultTable.Row base = base().get();
        if (base.equals(best)) {
            return first + ". " + aboveBase(trained, base);
        }
        return first + "; " + base.method() + " has " + text(base) + ". " + difference(best, base);
    }

    private String direction() {
        return headline.direction() == Measure.Direction.LOWER ? " (lower is better)" : "";
    }

    private String aboveBase(List<ResultTable.Row> trained, ResultTable.Row base) {
        String others =
                trained.size() == 2
                        ? trained.get(1).method() + " does not improve"
                        : "None of the other " + (trained.size() - 1) + " improves";
        return others + " on " + base.method() + " here.";
    }

    /**
     * Methods share their seeds, so that what a seed does to both does not count as a difference.
     */
    private String difference(ResultTable.Row best, ResultTable.Row base) {
        double[] differences = results.differences(best.method(), base.method(), headline.name());
        if (differences.length < 2) {
            return "With one seed that may be chance: use --seeds 3 or more.";
        }
        if (differences.length == 2) {
            return ("Seed by seed they differ by %s and %s; two seeds show no more: use --seeds 3"
                            + " or more.")
                    .formatted(number(differences[0]), number(differences[1]));
        }
        MeanInterval interval = MeanInterval.of(differences);
        return "Seed by seed they differ by "
                + number(interval.mean())
                + " ± "
                + number(interval.halfWidth())
                + " (95 % interval over "
                + differences.length
                + (Math.abs(interval.mean()) > interval.halfWidth()
                        ? " seeds)."
                        : " seeds): this does not show that either is better.");
    }

    private String number(double value) {
        return String.format(Locale.ROOT, "%." + table.decimals() + "f", value);
    }

    String toHtml() {
        List<IntervalChart.Row> rows = new ArrayList<>();
        Optional<String> base = base().map(ResultTable.Row::method);
        for (ResultTable.Row row : ranked()) {
            rows.add(
                    new IntervalChart.Row(
                            row.method(),
                            cell(row).mean(),
                            cell(row).ci95(),
                            text(row),
                            row.group() == MethodGroup.TRAM ? TRAM : OTHERS));
        }
        String caption =
                (seeds < 2
                                ? "One seed"
                                : seeds < 3
                                        ? "Mean over two seeds"
                                        : "Mean and 95 % confidence interval over seeds")
                        + ", the best first"
                        + base.map(name -> (seeds < 3 ? "; line: " : "; shaded: ") + name)
                                .orElse("")
                        + (rows.stream().anyMatch(row -> row.colour() == TRAM)
                                ? "; green: TRAM."
                                : ".");
        return "<p class=\"answer\">"
                + HtmlPage.escape(sentence())
                + "</p>\n"
                + new IntervalChart(headline.title(), rows, base).toHtml(caption);
    }
}
