package dev.tram.experiments.statistics;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tram.experiments.data.Bundled;
import java.io.InputStreamReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/** The paper's tables, which come with the examples. */
public final class PaperTables {

    /** Tables of transfer: the training domain first, then others, their average last. */
    private static final List<String> TRANSFER =
            List.of(
                    "table04-11-gpt2-wiki-perplexity",
                    "table04-11-gpt2-s2orc-perplexity",
                    "table05-12-xlmr-xnli-accuracy",
                    "table10-gpt2-xl-s2orc-perplexity");

    private static final String PEARSON = "pearson";

    private PaperTables() {}

    /**
     * Returns the tables of transfer from one domain or language to others: 4 and 11, 5 and 12, and
     * 10.
     */
    public static List<ScoreTable> transfer() {
        return TRANSFER.stream().map(PaperTables::named).toList();
    }

    /**
     * Returns a correlation that table 9 prints.
     *
     * @param table a table of transfer, the paper's or of the same domains under names of one's own
     * @param domain a column of it, or {@code correlated} for the average of the domains that go
     *     with the training domain, the paper's STEM
     * @return Pearson's ρ between the training domain and that one, NaN if it is not printed; that
     *     of an average only where all of the paper's domains are there and no other
     */
    public static double correlation(ScoreTable table, String domain) {
        if (TRANSFER.contains(table.name())) {
            return printed(table.name(), domain);
        }
        List<String> known = known(table.columns());
        boolean isAverage = domain.equals(Transfer.AVERAGE) || domain.equals(Transfer.CORRELATED);
        return of(table.columns())
                .filter(paper -> !isAverage || Set.copyOf(known).equals(columns(paper.name())))
                .map(paper -> printed(paper.name(), known(List.of(domain)).get(0)))
                .orElse(Double.NaN);
    }

    private static Set<String> columns(String table) {
        return Set.copyOf(named(table).columns());
    }

    private static double printed(String table, String domain) {
        return switch (table) {
            case "table04-11-gpt2-wiki-perplexity" ->
                    named("table09-wiki-correlations").value(PEARSON, domain);
            case "table04-11-gpt2-s2orc-perplexity" ->
                    named("table09-s2orc-correlations").value(PEARSON, domain);
            default -> Double.NaN;
        };
    }

    /** Returns table 3: accuracy of a fine-tuned Vision Transformer. */
    public static ScoreTable vision() {
        return named("table03-vit-accuracy");
    }

    /**
     * Finds the paper's figures for data that someone has under names of his own.
     *
     * @param columns the names, that of the training domain first
     * @return the table with these names, if the training domain and at least one other are the
     *     paper's, and with the average if all are and none is missing; table 3, if the first is
     *     one of its data sets
     */
    public static Optional<ScoreTable> of(List<String> columns) {
        List<String> known = known(columns);
        if (vision().columns().contains(known.get(0))) {
            return Optional.of(renamed(vision(), columns, known));
        }
        return transfer().stream()
                .filter(table -> table.columns().get(0).equals(known.get(0)))
                .filter(table -> known.stream().filter(table.columns()::contains).count() > 1)
                .findFirst()
                .map(table -> renamed(table, columns, known));
    }

    private static ScoreTable renamed(ScoreTable table, List<String> columns, List<String> known) {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (String method : table.rows().keySet()) {
            Map<String, Double> row = new LinkedHashMap<>();
            for (int i = 0; i < columns.size(); i++) {
                row.put(columns.get(i), table.value(method, known.get(i)));
                row.put(columns.get(i) + ScoreTable.CI95, table.ci95(method, known.get(i)));
            }
            if (!known.containsAll(table.columns()) || !table.columns().containsAll(known)) {
                row.remove(Transfer.AVERAGE);
            }
            rows.put(method, row);
        }
        return new ScoreTable(table.name(), columns, rows);
    }

    private static List<String> known(List<String> columns) {
        Properties names = file("data-sets.properties").properties();
        return columns.stream().map(column -> names.getProperty(column, column)).toList();
    }

    private static ScoreTable named(String name) {
        return file(name + ".csv")
                .read(bytes -> ScoreTable.parse(name, new InputStreamReader(bytes, UTF_8)));
    }

    private static Bundled file(String name) {
        return new Bundled(PaperTables.class, name);
    }
}
