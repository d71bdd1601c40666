package dev.tram.examples.task.xnli;

import dev.tram.core.internal.Arguments;
import dev.tram.examples.task.texttable.TextSource;
import dev.tram.experiments.data.FileIdentity;
import dev.tram.experiments.data.MalformedRowException;
import dev.tram.experiments.data.Row;
import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.RowSource;
import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * XNLI (Conneau et al., 2018) with MultiNLI (Williams et al., 2018) to train on, somewhere below a
 * directory: the original releases ({@code multinli_1.0_train.jsonl} or {@code
 * multinli.train.en.tsv}, {@code xnli.dev.tsv}, {@code xnli.test.tsv}), or the hub's directory with
 * a configuration per language ({@code en/train-….parquet}, {@code en/validation-….parquet}, {@code
 * LL/test-….parquet}).
 */
record XnliRelease(List<Source> sources, Consumer<String> told) implements TextSource {

    private static final int DEPTH = 4;
    private static final List<String> TRAINING =
            List.of("multinli_1\\.0_train\\.jsonl", "multinli\\.train\\.en\\.tsv");
    private static final List<String> VALIDATION = List.of("xnli\\.dev\\.(jsonl|tsv)");
    private static final List<String> TEST = List.of("xnli\\.test\\.(jsonl|tsv)");
    private static final String ENGLISH = "en";

    /** The hub's classes, by their numbers. */
    private static final List<String> CLASSES = List.of("entailment", "neutral", "contradiction");

    /** What the releases call a class otherwise. */
    private static final Map<String, String> OTHER_NAMES = Map.of("contradictory", "contradiction");

    /** A pair whose annotators disagreed. */
    private static final String NO_CLASS = "-";

    /** A file with what its examples are for and, if its rows do not say, their language. */
    record Source(Path file, Share part, String language) {}

    /**
     * Finds the files.
     *
     * @throws IllegalArgumentException if files are missing, naming them
     */
    static XnliRelease of(Path directory, Consumer<String> told) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw Arguments.rejected("--data", "a directory", directory);
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory, DEPTH)) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        List<Source> hub = hub(directory, files);
        if (!hub.isEmpty()) {
            return new XnliRelease(hub, told);
        }
        return new XnliRelease(
                List.of(
                        new Source(find(directory, files, TRAINING), Share.TRAINING, ENGLISH),
                        new Source(find(directory, files, VALIDATION), Share.VALIDATION, null),
                        new Source(find(directory, files, TEST), Share.TEST, null)),
                told);
    }

    private static List<Source> hub(Path directory, List<Path> files) {
        Pattern shard =
                Pattern.compile(
                        "(?<language>[a-z]{2})/(?<split>train|validation|test)-.*\\.parquet");
        List<Source> sources = new ArrayList<>();
        for (Path file : files) {
            var name = shard.matcher(directory.relativize(file).toString());
            if (name.matches()) {
                String language = name.group("language");
                Share part =
                        switch (name.group("split")) {
                            case "train" -> Share.TRAINING;
                            case "validation" -> Share.VALIDATION;
                            default -> Share.TEST;
                        };
                if (part == Share.TEST || language.equals(ENGLISH)) {
                    sources.add(new Source(file, part, language));
                }
            }
        }
        return sources;
    }

    private static Path find(Path directory, List<Path> files, List<String> patterns) {
        for (String pattern : patterns) {
            for (Path file : files) {
                if (file.getFileName().toString().matches(pattern)) {
                    return file;
                }
            }
        }
        String names = String.join(" or ", patterns).replace("\\", "");
        throw Arguments.rejected("--data", "a directory with " + names + " below it", directory);
    }

    @Override
    public String identity() {
        return sources.stream()
                .map(source -> FileIdentity.of(source.file()) + " " + source + "\n")
                .collect(Collectors.joining());
    }

    @Override
    public RowCensus read(Sink sink) throws IOException {
        RowCensus census = new RowCensus(0, 0, List.of());
        for (Source source : sources) {
            RowCensus added =
                    RowCensus.of(
                            RowSource.of(source.file()).watched(told),
                            row -> example(row, source),
                            example -> {
                                if (source.part() != Share.VALIDATION
                                        || example.group().equals(ENGLISH)) {
                                    sink.accept(source.part(), example);
                                }
                            });
            census = census.plus(added);
        }
        return census;
    }

    private static TextExample example(Row row, Source source) throws MalformedRowException {
        boolean hub = row.values().containsKey("premise");
        boolean translated = row.values().containsKey("hypo");
        String label = label(row, hub || translated ? "label" : "gold_label");
        if (label.equals(NO_CLASS)) {
            return null;
        }
        return new TextExample(
                row.text(hub ? "premise" : "sentence1"),
                row.text(hub ? (translated ? "hypo" : "hypothesis") : "sentence2"),
                label,
                source.language() == null ? row.text("language") : source.language());
    }

    private static String label(Row row, String column) throws MalformedRowException {
        if (row.value(column) instanceof Number number) {
            int index = number.intValue();
            if (index < 0 || index >= CLASSES.size()) {
                throw row.malformed("class " + index + ", expected 0 to 2");
            }
            return CLASSES.get(index);
        }
        String label = row.text(column);
        String name = OTHER_NAMES.getOrDefault(label, label);
        if (!CLASSES.contains(name) && !name.equals(NO_CLASS)) {
            throw row.malformed("class " + label + ", expected one of " + CLASSES);
        }
        return name;
    }
}
