package dev.tram.examples.task.texttable;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.data.Bundled;
import dev.tram.experiments.data.Columns;
import dev.tram.experiments.data.FileIdentity;
import dev.tram.experiments.data.ParsedRows;
import dev.tram.experiments.data.Row;
import dev.tram.experiments.data.RowFormat;
import dev.tram.experiments.data.RowSource;
import dev.tram.experiments.data.TextColumns;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The texts that the options of {@code tram text} ask for. */
final class TextSources {

    private static final Bundled MAILS = new Bundled(TextSources.class, "spam.tsv.gz");

    private static final Set<String> OF_DATA =
            Set.of("text", "pair", "label", "group", "train-groups");

    private TextSources() {}

    /**
     * Finds the texts.
     *
     * @param inputs the options by their names; without {@code data}, the bundled mails
     * @throws IllegalArgumentException if the options do not fit together, or there is no such file
     */
    static TextSource of(Map<String, String> inputs, Consumer<String> told) {
        if (!inputs.containsKey("data")) {
            for (String option : OF_DATA) {
                if (inputs.containsKey(option)) {
                    throw Arguments.rejected(
                            "--" + option, "absent without --data", inputs.get(option));
                }
            }
            return mails();
        }
        Path file = Path.of(inputs.get("data"));
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw Arguments.rejected("--data", "a file that can be read", file);
        }
        RowFormat.of(file.toString());
        requireColumns(inputs, file);
        TextColumns columns =
                new TextColumns(
                        inputs.get("text"),
                        inputs.get("pair"),
                        inputs.get("label"),
                        inputs.get("group"));
        return new TableSource(
                FileIdentity.of(file),
                RowSource.of(file).watched(told),
                columns,
                trainingGroups(inputs));
    }

    /**
     * Mails of the SpamAssassin public corpus in five groups, which differ in time and in
     * difficulty. Training is on the first group of ham and the first of spam.
     */
    static TextSource mails() {
        return new TableSource(
                MAILS.identity(),
                MAILS.rows(),
                new TextColumns("text", null, "label", "group"),
                List.of("easy-ham-1", "spam-1"));
    }

    private static void requireColumns(Map<String, String> inputs, Path file) {
        String missing =
                Stream.of("text", "label")
                        .filter(option -> !inputs.containsKey(option))
                        .map(option -> "--" + option + " COLUMN")
                        .collect(Collectors.joining(" and "));
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("--data needs " + missing + columns(file));
        }
    }

    /** What columns the first row has, if it can be read. */
    private static String columns(Path file) {
        try (ParsedRows<Row> rows = new ParsedRows<>(RowSource.of(file), row -> row)) {
            return rows.hasNext()
                    ? "; columns of %s: %s"
                            .formatted(
                                    file.getFileName(),
                                    Columns.inWords(rows.next().values().keySet()))
                    : "";
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
    }

    private static List<String> trainingGroups(Map<String, String> inputs) {
        String groups = inputs.get("train-groups");
        if (groups == null) {
            return List.of();
        }
        if (!inputs.containsKey("group")) {
            throw Arguments.rejected("--train-groups", "absent without --group", groups);
        }
        return List.of(groups.split(",", -1));
    }
}
