package dev.tram.examples.task.texttable;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.data.Columns;
import dev.tram.experiments.data.Labels;
import dev.tram.experiments.data.Limit;
import dev.tram.experiments.data.ParsedRows;
import dev.tram.experiments.data.Row;
import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.RowSource;
import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextColumns;
import dev.tram.experiments.data.TextExample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A single table, which is divided.
 *
 * @param columns which columns hold the texts and classes
 * @param trainingGroups the groups to train on, empty for all
 */
record TableSource(String file, RowSource rows, TextColumns columns, List<String> trainingGroups)
        implements TextSource {

    /** Of how many rows at least one must have each column; more malformed ones are too many. */
    private static final int LOOKED_AT = 100;

    /** From so many rows on, a class has more than one of them. */
    private static final int ENOUGH = 30;

    @Override
    public String identity() {
        return file + " " + columns + " " + trainingGroups;
    }

    @Override
    public RowCensus read(Sink sink) throws IOException {
        requireColumns();
        Untrained untrained = untrained();
        Set<String> groups = new TreeSet<>();
        RowCensus census =
                RowCensus.of(
                        rows,
                        columns,
                        example -> {
                            if (example.group() != null) {
                                groups.add(example.group());
                            }
                            if (!untrained.elsewhere().containsKey(example.label())) {
                                sink.accept(part(example, untrained.divided().keySet()), example);
                            }
                        });
        if (!groups.containsAll(trainingGroups)) {
            throw Arguments.rejected("the groups to train on", "among " + groups, trainingGroups);
        }
        return census.withRemark(
                        remark("classes too rare to divide, all trained on", untrained.divided()))
                .withRemark(
                        remark(
                                "classes that no group to train on has, left out",
                                untrained.elsewhere()));
    }

    private static String remark(String what, Map<String, Integer> classes) {
        return classes.isEmpty()
                ? ""
                : what
                        + " (with their rows): {"
                        + Columns.inWords(
                                classes.entrySet().stream().map(Map.Entry::toString).toList())
                        + "}";
    }

    /**
     * Classes without an example to train on, with the number of their examples.
     *
     * @param divided those of groups that are divided
     * @param elsewhere those of other groups alone
     */
    private record Untrained(Map<String, Integer> divided, Map<String, Integer> elsewhere) {}

    private Untrained untrained() throws IOException {
        Map<String, Integer> divided = new TreeMap<>(Labels.ORDER);
        Map<String, Integer> elsewhere = new TreeMap<>(Labels.ORDER);
        Set<String> trained = new HashSet<>();
        RowCensus.of(
                rows,
                columns,
                example -> {
                    (divides(example) ? divided : elsewhere)
                            .merge(example.label(), 1, Integer::sum);
                    requireFewClasses(divided.size() + elsewhere.size());
                    if (part(example, Set.of()) == Share.TRAINING) {
                        trained.add(example.label());
                    }
                });
        elsewhere.keySet().removeAll(divided.keySet());
        requireClasses(divided);
        divided.keySet().removeAll(trained);
        return new Untrained(divided, elsewhere);
    }

    /** Whether an example's group is divided; the others are tests as a whole. */
    private boolean divides(TextExample example) {
        return trainingGroups.isEmpty() || trainingGroups.contains(example.group());
    }

    /**
     * Divides the table by its texts.
     *
     * @param whole the classes that are all trained on
     */
    Share part(TextExample example, Set<String> whole) {
        if (!divides(example)) {
            return Share.TEST;
        }
        if (whole.contains(example.label())) {
            return Share.TRAINING;
        }
        String pair = example.pair() == null ? "" : example.pair();
        return Share.of(example.text().getBytes(UTF_8), pair.getBytes(UTF_8));
    }

    private void requireFewClasses(int count) {
        if (count > Limit.CLASSES.value()) {
            throw Arguments.rejected(
                    "--label",
                    "a column of " + Limit.CLASSES.inWords("classes"),
                    columns.label() + ", which has more");
        }
    }

    /** Refuses a column that names rows instead of classes. */
    private void requireClasses(Map<String, Integer> rowsOf) {
        int count = rowsOf.values().stream().mapToInt(Integer::intValue).sum();
        boolean unique = rowsOf.size() == count;
        boolean rare = count >= ENOUGH && 2 * rowsOf.size() > count;
        if (count > 1 && (unique || rare)) {
            throw Arguments.rejected(
                    "--label",
                    "a column of classes, whose values repeat",
                    columns.label()
                            + (unique
                                    ? ", each of whose " + count + " values occurs once"
                                    : ", " + rowsOf.size() + " values in " + count + " rows"));
        }
    }

    /** Refuses a column that none of the first rows has, before each of them is malformed. */
    private void requireColumns() throws IOException {
        Map<String, String> missing = columns.byContent();
        Set<String> present = new LinkedHashSet<>();
        String name = "";
        try (ParsedRows<Row> first = new ParsedRows<>(rows, row -> row)) {
            for (int i = 0; i < LOOKED_AT && !missing.isEmpty() && first.hasNext(); i++) {
                Row row = first.next();
                name = row.file();
                present.addAll(row.values().keySet());
                missing.values().removeAll(present);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (!present.isEmpty() && !missing.isEmpty()) {
            Map.Entry<String, String> wrong = missing.entrySet().iterator().next();
            throw Arguments.rejected(
                    "--" + wrong.getKey(),
                    "a column of " + name + ", which has " + Columns.inWords(present),
                    wrong.getValue());
        }
    }
}
