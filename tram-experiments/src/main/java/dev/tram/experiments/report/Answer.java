package dev.tram.experiments.report;

import dev.tram.experiments.Measure;
import dev.tram.experiments.Results;
import dev.tram.experiments.statistics.MeanInterval;
import dev.tram.experiments.statistics.MethodGroup;
import java.util.Comparator;
import java.util.List;
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

    private ResultTable.Cell cell(ResultTable.Row row) {
        List<String> names = table.measures().stream().map(Measure::name).toList();
        return row.cells().get(names.indexOf(headline.name()));
    }

    private boolean hasFigure(ResultTable.Row row) {
        return Double.isFinite(cell(row).mean());
    }

    private String text(ResultTable.Row row) {
        return TextTable.cell(cell(row), headline, table);
    }

    /** The methods, the best first; those without a figure last. */
    private List<ResultTable.Row> ranked() {
        Comparator<ResultTable.Row> byMean = Comparator.comparingDouble(row -> cell(row).mean());
        if (headline.direction() == Measure.Direction.HIGHER) {
            byMean = byMean.reversed();
        }
        Comparator<ResultTable.Row> byFigure = Comparator.comparing(row -> !hasFigure(row));
        return table.rows().stream().sorted(byFigure.thenComparing(byMean)).toList();
    }

    private Optional<ResultTable.Row> base() {
        return BASES.stream()
                .flatMap(name -> table.rows().stream().filter(row -> row.method().equals(name)))
                .filter(this::hasFigure)
                .findFirst();
    }

    /**
     * Says which method is best, and whether it can be told from the base optimizer. Returns two
     * sentences; one where there is nothing to compare.
     */
    public String sentence() {
        List<ResultTable.Row> trained =
                ranked().stream()
                        .filter(row -> row.group() != MethodGroup.UNTRAINED)
                        .filter(this::hasFigure)
                        .toList();
        if (trained.isEmpty()) {
            return "No method has a finite " + headline.title() + ".";
        }
        ResultTable.Row best = trained.get(0);
        ResultTable.Row base = base().orElse(best);
        String first = "Best %s: %s, %s".formatted(headline.title(), best.method(), text(best));
        if (headline.direction() == Measure.Direction.LOWER) {
            first += " (lower is better)";
        }
        if (base().isEmpty() || trained.size() == 1) {
            return first + ".";
        }
        if (base.equals(best)) {
            return first + ". " + aboveBase(trained, base);
        }
        return "%s; %s has %s. %s"
                .formatted(first, base.method(), text(base), difference(best, base));
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
        return "Seed by seed they differ by %s (95 %% interval over %s seeds)%s."
                .formatted(
                        interval.inWords(this::number),
                        differences.length,
                        Math.abs(interval.mean()) > interval.halfWidth()
                                ? ""
                                : ": this does not show that either is better");
    }

    private String number(double value) {
        return TextTable.number(value, table);
    }

    String toHtml() {
        Optional<String> base = base().map(ResultTable.Row::method);
        List<IntervalChart.Row> rows =
                ranked().stream()
                        .map(
                                row ->
                                        new IntervalChart.Row(
                                                row.method(),
                                                cell(row).mean(),
                                                cell(row).ci95(),
                                                text(row),
                                                row.group() == MethodGroup.TRAM ? TRAM : OTHERS))
                        .toList();
        String figures =
                switch (seeds) {
                    case 1 -> "One seed";
                    case 2 -> "Mean over two seeds";
                    default -> "Mean and 95 % confidence interval over seeds";
                };
        String mark = seeds < 3 ? "; line: " : "; shaded: ";
        String caption =
                "%s, the best first%s%s."
                        .formatted(
                                figures,
                                base.map(mark::concat).orElse(""),
                                rows.stream().anyMatch(row -> row.colour() == TRAM)
                                        ? "; green: TRAM"
                                        : "");
        return """
                <p class="answer">%s</p>
                %s"""
                .formatted(
                        HtmlPage.escape(sentence()),
                        new IntervalChart(headline.title(), rows, base).toHtml(caption));
    }
}
