package dev.tram.examples.task.domains;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.data.FileIdentity;
import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.RowSource;
import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.io.function.IOConsumer;

/**
 * A directory of texts: for each share a file, or shards, {@code train.txt}, {@code
 * valid-….parquet} and the like. A file of text is one text, as in M2D2, without the lines that are
 * not UTF-8; in a table, each row's column {@code text} is one. Without training and validation it
 * is a domain to be tested on.
 *
 * @param files the files of each share
 */
record FolderDomain(String name, Map<Share, List<Path>> files) implements Domain {

    /** How many characters are tokenised together, cut at the end of a line. */
    private static final int PIECE = 1 << 16;

    /** Raised whenever other lines of a text are left out. */
    private static final int VERSION = 2;

    private static final Map<Share, List<String>> STEMS =
            Map.of(
                    Share.TRAINING, List.of("train"),
                    Share.VALIDATION, List.of("valid", "validation", "val", "dev"),
                    Share.TEST, List.of("test"));

    private static final String PLAIN = ".txt";

    /** The first that there is, is taken. */
    private static final List<String> ENDINGS =
            List.of(PLAIN, ".txt.gz", ".jsonl", ".jsonl.gz", ".parquet");

    /**
     * Finds the domains of a directory: its subdirectories by name, small and capital letters
     * alike, as the paper's tables have them.
     *
     * @throws IllegalArgumentException if it has no subdirectory, or one without a test
     */
    static List<Domain> all(Path root) throws IOException {
        List<Domain> domains = new ArrayList<>();
        if (Files.isDirectory(root)) {
            try (Stream<Path> children = Files.list(root)) {
                for (Path child : children.filter(Files::isDirectory).toList()) {
                    domains.add(of(child));
                }
            }
        }
        if (domains.isEmpty()) {
            throw Arguments.rejected("--data", "a directory with one directory per domain", root);
        }
        domains.sort(
                Comparator.comparing(Domain::name, String.CASE_INSENSITIVE_ORDER)
                        .thenComparing(Domain::name));
        return domains;
    }

    private static FolderDomain of(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> children = Files.list(directory)) {
            all = children.filter(Files::isRegularFile).sorted().toList();
        }
        Map<Share, List<Path>> files = new EnumMap<>(Share.class);
        STEMS.forEach((share, stems) -> files.put(share, find(all, stems)));
        files.values().removeIf(List::isEmpty);
        if (!files.containsKey(Share.TEST)) {
            throw Arguments.rejected(
                    "--data",
                    "a test.txt, test.jsonl or test.parquet in each directory",
                    directory);
        }
        if (files.values().stream().map(FolderDomain::isPlain).distinct().count() > 1) {
            throw Arguments.rejected(
                    "--data", "either text or tables in each directory", directory);
        }
        return new FolderDomain(directory.getFileName().toString(), files);
    }

    /** A file of one of the names, or its shards, as {@code train-00000-of-00002.parquet}. */
    private static List<Path> find(List<Path> files, List<String> stems) {
        for (String stem : stems) {
            for (String ending : ENDINGS) {
                String name = stem + "(-[\\w-]+)?" + Pattern.quote(ending);
                List<Path> found =
                        files.stream()
                                .filter(file -> file.getFileName().toString().matches(name))
                                .toList();
                if (!found.isEmpty()) {
                    return found;
                }
            }
        }
        return List.of();
    }

    private static boolean isPlain(List<Path> files) {
        return files.get(0).getFileName().toString().contains(PLAIN);
    }

    /** Names, sizes and times of the files: to read gigabytes at each start would take long. */
    @Override
    public String identity() {
        return files.values().stream()
                .flatMap(List::stream)
                .map(FileIdentity::of)
                .collect(Collectors.joining("\n", isWhole() ? "" : VERSION + "\n", ""));
    }

    @Override
    public boolean isTrainable() {
        return files.size() == Share.values().length;
    }

    @Override
    public boolean isWhole() {
        return !isPlain(files.get(Share.TEST));
    }

    @Override
    public void read(Share share, IOConsumer<String> sink, Consumer<String> report)
            throws IOException {
        RowSource rows =
                RowSource.concat(
                                files.get(share).stream()
                                        .map(isWhole() ? RowSource::of : RowSource::lines)
                                        .toList())
                        .watched(report);
        RowCensus census =
                isWhole()
                        ? RowCensus.of(rows, row -> row.text("text"), sink.asConsumer())
                        : readPieces(rows, sink.asConsumer());
        if (!census.report().isEmpty()) {
            report.accept(census.report());
        }
    }

    /** Reads lines in pieces of whole ones. */
    private static RowCensus readPieces(RowSource lines, Consumer<String> sink) throws IOException {
        StringBuilder piece = new StringBuilder();
        RowCensus census =
                RowCensus.of(
                        lines,
                        row -> (String) row.value(RowSource.LINE),
                        line -> {
                            piece.append(line).append('\n');
                            if (piece.length() >= PIECE) {
                                sink.accept(piece.toString());
                                piece.setLength(0);
                            }
                        });
        if (!piece.isEmpty()) {
            sink.accept(piece.toString());
        }
        return census;
    }
}
