package dev.tram.examples.task.domains;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.data.FileIdentity;
import dev.tram.experiments.data.ParsedRows;
import dev.tram.experiments.data.RowParser;
import dev.tram.experiments.data.RowSource;
import dev.tram.experiments.data.Share;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

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

    private static final RowParser<String> TEXT = row -> row.text("text");
    private static final RowParser<String> LINE = row -> (String) row.value(RowSource.LINE);

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
        if (!Files.isDirectory(root)) {
            throw Arguments.rejected("--data", "a directory with one directory per domain", root);
        }
        List<Domain> domains = new ArrayList<>();
        try (Stream<Path> children = Files.list(root)) {
            for (Path child : children.filter(Files::isDirectory).toList()) {
                domains.add(of(child));
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
        for (Share share : Share.values()) {
            List<Path> found = find(all, STEMS.get(share));
            if (!found.isEmpty()) {
                files.put(share, found);
            }
        }
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
    public Stream<String> texts(Share share, Consumer<String> report) throws IOException {
        List<Path> parts = files.get(share);
        boolean isPlain = isPlain(parts);
        ParsedRows<String> rows =
                new ParsedRows<>(
                        RowSource.concat(
                                        parts.stream()
                                                .map(isPlain ? RowSource::lines : RowSource::of)
                                                .toList())
                                .watched(report),
                        isPlain ? LINE : TEXT);
        return stream(isPlain ? new Pieces(rows) : rows)
                .onClose(
                        () -> {
                            close(rows);
                            if (!rows.census().report().isEmpty()) {
                                report.accept(rows.census().report());
                            }
                        });
    }

    private static Stream<String> stream(Iterator<String> texts) {
        Spliterator<String> all = Spliterators.spliteratorUnknownSize(texts, Spliterator.ORDERED);
        return StreamSupport.stream(all, false);
    }

    private static void close(Closeable source) {
        try {
            source.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text in pieces of whole lines. */
    private static final class Pieces implements Iterator<String> {

        private final Iterator<String> lines;
        private String next;

        Pieces(Iterator<String> lines) {
            this.lines = lines;
            next = read();
        }

        @Override
        public boolean hasNext() {
            return !next.isEmpty();
        }

        @Override
        public String next() {
            if (next.isEmpty()) {
                throw new NoSuchElementException();
            }
            String piece = next;
            next = read();
            return piece;
        }

        private String read() {
            StringBuilder piece = new StringBuilder();
            while (piece.length() < PIECE && lines.hasNext()) {
                piece.append(lines.next()).append('\n');
            }
            return piece.toString();
        }
    }
}
